import ArgumentParser
import AsyncHTTPClient

@main struct Turnpike { static func main() {} }
