import Hummingbird
import CryptoExtras
import Yams
