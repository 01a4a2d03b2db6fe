package import Secrets
internal import Crypto
internal import CryptoExtras
internal import FoundationEssentials
package import HTTPClient
package import Model

/// Where access tokens of Google Cloud come from.
package enum GoogleIdentity: Hashable, Sendable {
  /// The JSON key file of a service account.
  case serviceAccount(SecretSource)
  /// The service account of the machine that we run on.
  case metadata

  /// - Parameters:
  ///   - scope: what the token is for.
  ///   - metadataHost: another one than the cloud's own, for tests.
  package func tokens(
    scope: String, metadataHost: String? = nil, http: HTTPClient, time: any TimeSource
  ) -> BearerTokens {
    switch self {
    case .serviceAccount(let source):
      return BearerTokens("Google's token endpoint", http: http, time: time) { now throws(TokenFailure) in
        let text: String
        do throws(SecretSource.Failure) { text = try source.read() } catch {
          throw TokenFailure(.configuration, error.description)
        }
        return try GoogleServiceAccount(json: text).tokenRequest(scope: scope, now: now)
      }
    case .metadata:
      let base = metadataHost ?? "http://metadata.google.internal"
      return BearerTokens("the metadata server (\(base))", http: http, time: time) { _ in
        HTTPRequest(
          method: "GET",
          url: "\(base)/computeMetadata/v1/instance/service-accounts/default/token"
            + "?scopes=\(percentEncoded(scope))",
          headers: [HTTPHeader("Metadata-Flavor", "Google")], timeout: .seconds(5))
      }
    }
  }
}

/// A service account's key file, as Google Cloud hands it out.
struct GoogleServiceAccount {
  private struct KeyFile: Decodable {
    enum CodingKeys: String, CodingKey {
      case clientEmail = "client_email"
      case privateKey = "private_key"
      case privateKeyID = "private_key_id"
      case tokenURI = "token_uri"
    }

    var clientEmail: String
    var privateKey: String
    var privateKeyID: String?
    var tokenURI: String?
  }

  private let file: KeyFile
  private let key: _RSA.Signing.PrivateKey

  /// Errors say what is missing, never what is there.
  init(json: String) throws(TokenFailure) {
    guard let file = try? JSONDecoder().decode(KeyFile.self, from: Data(json.utf8)) else {
      throw TokenFailure(
        .configuration, "the key file is no JSON with `client_email` and `private_key`")
    }
    guard let key = try? _RSA.Signing.PrivateKey(pemRepresentation: file.privateKey) else {
      throw TokenFailure(.configuration, "the key file's `private_key` is no RSA key in PEM form")
    }
    self.file = file
    self.key = key
  }

  /// A signed assertion (RFC 7523) that lives for an hour.
  func tokenRequest(scope: String, now: Timestamp) throws(TokenFailure) -> HTTPRequest {
    let endpoint = file.tokenURI ?? "https://oauth2.googleapis.com/token"
    guard HTTPURL(endpoint) != nil else {
      throw TokenFailure(.configuration, "the key file's `token_uri` is no URL")
    }
    let seconds = Int(now.milliseconds / 1000)
    var header: [OrderedJSON.Member] = [.init("alg", .string("RS256")), .init("typ", .string("JWT"))]
    if let id = file.privateKeyID { header.append(.init("kid", .string(id))) }
    let claims: [OrderedJSON.Member] = [
      .init("iss", .string(file.clientEmail)), .init("scope", .string(scope)),
      .init("aud", .string(endpoint)), .init("iat", .integer(seconds)),
      .init("exp", .integer(seconds + 3600)),
    ]
    let signed =
      Self.base64URL(Array(OrderedJSON.object(header).compact.utf8)) + "."
      + Self.base64URL(Array(OrderedJSON.object(claims).compact.utf8))
    let digest = SHA256.hash(data: Array(signed.utf8))
    guard let signature = try? key.signature(for: digest, padding: .insecurePKCS1v1_5) else {
      throw TokenFailure(.configuration, "the key file's `private_key` cannot sign")
    }
    let assertion = signed + "." + Self.base64URL(Array(signature.rawRepresentation))
    let body = FormBody.text([
      ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion),
    ])
    return HTTPRequest(
      method: "POST", url: endpoint,
      headers: [HTTPHeader("Content-Type", "application/x-www-form-urlencoded")], body: Array(body.utf8),
      timeout: .seconds(10))
  }

  private static func base64URL(_ bytes: [UInt8]) -> String {
    var text = ""
    for character in Data(bytes).base64EncodedString() where character != "=" {
      text.append(character == "+" ? "-" : character == "/" ? "_" : character)
    }
    return text
  }
}
