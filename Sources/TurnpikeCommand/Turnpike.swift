import AsyncHTTPClient
import ArgumentParser
@main struct Turnpike { static func main() {} }
