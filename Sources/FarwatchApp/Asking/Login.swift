internal import FoundationEssentials
internal import HTTPClient
internal import Secrets
internal import Terminal

/// Where a running Farwatch is, and how to be let in: files, because whoever lists processes sees arguments.
package struct Login: Sendable {
  /// Without a slash at its end.
  let base: String
  private let tokenFile: String?
  private let userFile: String?
  private let caFile: String?
  private let certificate: HTTPRequest.ClientCertificate?

  /// What an option does not say, the environment may: `FARWATCH_URL`, `FARWATCH_TOKEN_FILE`, `FARWATCH_USER_FILE`,
  /// `FARWATCH_CA_FILE`, `FARWATCH_CERT_FILE` and `FARWATCH_KEY_FILE`. An option for a token or a user stands above both
  /// variables, and so does one for a certificate or its key.
  package init(
    url: String?, tokenFile: String? = nil, userFile: String? = nil, caFile: String? = nil,
    certificateFile: String? = nil, keyFile: String? = nil, environment: [String: String]
  ) throws(AskingFailure) {
    func named(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    base = RunningFarwatch.base(url, environment)
    let isChosen = tokenFile != nil || userFile != nil
    self.tokenFile = isChosen ? tokenFile : named("FARWATCH_TOKEN_FILE")
    self.userFile = isChosen ? userFile : named("FARWATCH_USER_FILE")
    self.caFile = caFile ?? named("FARWATCH_CA_FILE")
    let isShown = certificateFile != nil || keyFile != nil
    let certificateFile = isShown ? certificateFile : named("FARWATCH_CERT_FILE")
    let keyFile = isShown ? keyFile : named("FARWATCH_KEY_FILE")
    if certificateFile == nil, keyFile != nil {
      throw AskingFailure("a key without its certificate: give --cert-file too", isMisuse: true)
    }
    certificate = certificateFile.map { .init(certificateFile: $0, keyFile: keyFile ?? $0) }
    if self.tokenFile != nil, self.userFile != nil {
      throw AskingFailure("a token and a user are two logins: give one of them", isMisuse: true)
    }
    if let authority = base.split(separator: "/", omittingEmptySubsequences: false).dropFirst(2).first,
      authority.contains("@")
    {
      throw AskingFailure("no user in the address, where everybody sees it: use --user-file", isMisuse: true)
    }
  }

  /// Adds what the daemon asks of a visitor. Files are read each time: a token may have been changed.
  func dress(_ request: inout HTTPRequest) throws(AskingFailure) {
    request.caFile = caFile
    request.clientCertificate = certificate
    if let tokenFile {
      let token = try secret { () throws(SecretSource.Failure) in try SecretSource.file(tokenFile).read() }
      guard token.unicodeScalars.allSatisfy({ (0x21...0x7e).contains($0.value) }) else {
        throw AskingFailure("\(tokenFile) holds no token: one line without spaces is wanted")
      }
      request.headers.append(HTTPHeader("Authorization", "Bearer \(token)", isSecret: true))
    } else if let userFile {
      let pair = try secret { () throws(SecretSource.Failure) in
        try SecretSource.file(userFile).readFirstLine()
      }
      guard let colon = pair.firstIndex(of: ":"), colon != pair.startIndex else {
        throw AskingFailure("\(userFile) holds no login: its first line must be user:password")
      }
      let encoded = Data(pair.utf8).base64EncodedString()
      request.headers.append(HTTPHeader("Authorization", "Basic \(encoded)", isSecret: true))
    }
  }

  private func secret(
    _ read: () throws(SecretSource.Failure) -> String
  ) throws(AskingFailure) -> String {
    do throws(SecretSource.Failure) { return try read() } catch { throw AskingFailure(error.description) }
  }

  /// `complaint`, which the daemon answered with, and what to do about it where a login would change it.
  func advised(_ complaint: String, status: Int) -> String {
    let ways = "--token-file (FARWATCH_TOKEN_FILE) or --user-file (FARWATCH_USER_FILE)"
    let advice: String
    switch (status, tokenFile ?? userFile) {
    case (401, nil): advice = "it asks for a login: give one with \(ways)"
    case (401, let file?): advice = "it does not know the login in \(file)"
    case (403, nil): advice = "or give a login with \(ways)"
    case (403, let file?): advice = "the login is that in \(file)"
    default: return complaint
    }
    return "\(complaint.hasSuffix(".") ? String(complaint.dropLast()) : complaint); \(advice)"
  }
}
