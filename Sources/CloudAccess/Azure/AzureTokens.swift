package import Secrets
package import HTTPClient
package import Model

/// Where tokens of Microsoft Entra ID (Azure AD) come from.
package enum AzureIdentity: Hashable, Sendable {
  /// An application with a secret.
  case application(tenant: String, client: String, secret: SecretSource)
  /// The identity of the virtual machine that we run on; `client` where it has several.
  case managed(client: String?)

  /// - Parameters:
  ///   - resource: what the token is for: `https://storage.azure.com`.
  ///   - authority: another one than the public cloud's, or a test's.
  package func tokens(
    for resource: String, authority: String? = nil, http: HTTPClient, time: any TimeSource
  ) -> BearerTokens {
    switch self {
    case .application(let tenant, let client, let secret):
      let base = authority ?? "https://login.microsoftonline.com"
      return BearerTokens("Entra ID (\(base))", http: http, time: time) { _ throws(TokenFailure) in
        let text: String
        do throws(SecretSource.Failure) { text = try secret.read() } catch {
          throw TokenFailure(.configuration, error.description)
        }
        let body = FormBody.text([
          ("grant_type", "client_credentials"), ("client_id", client), ("client_secret", text),
          ("scope", "\(resource)/.default"),
        ])
        return HTTPRequest(
          method: "POST", url: "\(base)/\(percentEncoded(tenant))/oauth2/v2.0/token",
          headers: [HTTPHeader("Content-Type", "application/x-www-form-urlencoded")],
          body: Array(body.utf8), timeout: .seconds(10))
      }
    case .managed(let client):
      let base = authority ?? "http://169.254.169.254"
      return BearerTokens("the metadata service (\(base))", http: http, time: time) { _ in
        var url = "\(base)/metadata/identity/oauth2/token?api-version=2018-02-01"
        url += "&resource=\(percentEncoded(resource))"
        if let client { url += "&client_id=\(percentEncoded(client))" }
        return HTTPRequest(
          method: "GET", url: url, headers: [HTTPHeader("Metadata", "true")], timeout: .seconds(5))
      }
    }
  }
}
