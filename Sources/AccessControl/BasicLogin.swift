#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// A user and a password as RFC 7617 writes them: Base64 of `user:password`, in UTF-8.
struct BasicLogin: Equatable {
  let user: String
  let password: String

  /// bcrypt sees 72 bytes; nobody has a longer name.
  private static let longest = 1024

  init?(_ base64: String) {
    guard base64.utf8.count <= Self.longest, let bytes = Data(base64Encoded: base64),
      let text = String(validating: bytes, as: UTF8.self), let colon = text.firstIndex(of: ":")
    else { return nil }
    user = String(text[..<colon])
    password = String(text[text.index(after: colon)...])
  }
}
