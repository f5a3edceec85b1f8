import CryptoExtras
import Hummingbird
import Yams
