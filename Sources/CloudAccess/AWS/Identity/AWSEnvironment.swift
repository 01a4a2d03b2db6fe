internal import FoundationEssentials
internal import Model

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// The variables of the environment that AWS' tools know.
package struct AWSEnvironment: Sendable {
  /// nil: those of this process.
  private let variables: [String: String]?

  package init(_ variables: [String: String]? = nil) { self.variables = variables }

  /// nil when it is not set or empty.
  subscript(name: String) -> String? {
    let value = variables.map { $0[name] } ?? getenv(name).map { String(cString: $0) }
    return value.flatMap { $0.isEmpty ? nil : $0 }
  }
}

/// Files with secrets, which are small.
enum SecretFile {
  private static let limit = 256 << 10

  /// Blocks: for threads that may wait.
  static func read(_ path: String, _ what: String) -> Result<String, AWSFailure> {
    guard let data = try? Data(contentsOf: URL(filePath: path)) else {
      return .failure(
        AWSFailure(.configuration, "\(what) \(path) cannot be read: is it there, and may this user read it?"))
    }
    guard data.count <= limit else {
      return .failure(AWSFailure(.configuration, "\(what) \(path) is larger than 256 KiB"))
    }
    return .success(String(decoding: data, as: UTF8.self))
  }
}
