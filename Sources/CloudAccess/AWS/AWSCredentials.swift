/// An access key of AWS.
package struct AWSCredentials: Hashable, Sendable {
  package var accessKeyID: String
  package var secretAccessKey: String
  /// Of temporary credentials.
  package var sessionToken: String?

  package init(accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil) {
    self.accessKeyID = accessKeyID
    self.secretAccessKey = secretAccessKey
    self.sessionToken = sessionToken
  }
}

/// The shared credentials file of the AWS tools (`~/.aws/credentials`): sections in brackets, `name = value` below.
package enum AWSCredentialsFile {
  package enum Failure: Error, Equatable, Sendable, CustomStringConvertible {
    case noProfile(String)
    case missing(key: String, profile: String)
    case noValue(line: Int)

    package var description: String {
      switch self {
      case .noProfile(let name): "there is no profile \"\(name)\""
      case .missing(let key, let profile): "the profile \"\(profile)\" has no \(key)"
      case .noValue(let line): "line \(line) is neither a [profile], `name = value` nor a comment"
      }
    }
  }

  /// Errors name lines and keys, never a value.
  package static func read(_ text: String, profile: String) throws(Failure) -> AWSCredentials {
    var values: [String: String]?
    var isInside = false
    var number = 0
    for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
      number += 1
      let line = trimmed(line)
      if line.isEmpty || line.hasPrefix("#") || line.hasPrefix(";") { continue }
      if line.hasPrefix("["), let end = line.firstIndex(of: "]") {
        isInside = trimmed(line[line.index(after: line.startIndex)..<end]) == profile
        if isInside { values = values ?? [:] }
        continue
      }
      guard let equals = line.firstIndex(of: "=") else { throw .noValue(line: number) }
      guard isInside else { continue }
      values?[trimmed(line[..<equals]).lowercased()] = trimmed(line[line.index(after: equals)...])
    }
    guard let values else { throw .noProfile(profile) }
    func value(_ key: String) throws(Failure) -> String {
      guard let value = values[key], !value.isEmpty else { throw .missing(key: key, profile: profile) }
      return value
    }
    return AWSCredentials(
      accessKeyID: try value("aws_access_key_id"), secretAccessKey: try value("aws_secret_access_key"),
      sessionToken: values["aws_session_token"].flatMap { $0.isEmpty ? nil : $0 })
  }

  private static func trimmed(_ text: some StringProtocol) -> String {
    String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
  }
}
