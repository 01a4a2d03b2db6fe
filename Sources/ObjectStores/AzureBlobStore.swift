package import CloudAccess
internal import HTTPClient
internal import Model
internal import XMLDocuments

/// How a request to Blob Storage proves who asks.
package enum AzureAccess: Hashable, Sendable {
  /// A shared access signature: the parameters, with or without a question mark. Needs read and list.
  case sas(SecretSource)
  /// One of the account's keys.
  case sharedKey(SecretSource)
  case identity(AzureIdentity)
}

/// A container of Azure's Blob Storage.
package struct AzureBlobPlace: Hashable, Sendable {
  package var account: String
  package var container: String
  package var access: AzureAccess
  /// Scheme, host and path before the container; `https://ACCOUNT.blob.core.windows.net` when nil.
  package var endpoint: String?
  /// Who gives tokens out, where it is not the public cloud.
  package var authority: String?
  package var caFile: String?

  package init(account: String, container: String, access: AzureAccess, endpoint: String? = nil) {
    self.account = account
    self.container = container
    self.access = access
    self.endpoint = endpoint
  }
}

struct AzureBlobDialect: StoreDialect {
  /// The oldest version with all that is asked here, so that old clouds and gateways answer.
  private static let version = "2020-10-02"

  private let place: AzureBlobPlace
  private let base: String
  private let tokens: BearerTokens?

  init(_ place: AzureBlobPlace, _ transport: StoreTransport) {
    self.place = place
    let root = place.endpoint ?? "https://\(place.account).blob.core.windows.net"
    base = "\(root)/\(percentEncoded(place.container))"
    tokens =
      if case .identity(let identity) = place.access {
        identity.tokens(
          for: "https://storage.azure.com", authority: place.authority, http: transport.http,
          time: transport.time)
      } else { nil }
  }

  var title: String { "azure://\(place.account)/\(place.container)" }
  var caFile: String? { place.caFile }
  /// In order, but there is no parameter to begin behind a name.
  var listsInOrder: Bool { false }
  var listsIncompleteUploads: Bool { true }

  func listing(_ query: PageQuery) -> HTTPRequest {
    var parts = [
      "restype=container", "comp=list", "include=uncommittedblobs", "prefix=\(percentEncoded(query.prefix))",
    ]
    if let limit = query.limit { parts.append("maxresults=\(limit)") }
    if let marker = query.continuation { parts.append("marker=\(percentEncoded(marker))") }
    return request("?" + parts.joined(separator: "&"))
  }

  func reading(_ entry: ObjectEntry, _ range: Range<UInt64>) -> HTTPRequest {
    var request = request("/" + percentEncoded(entry.name, alsoPlain: [UInt8(ascii: "/")]))
    if !entry.version.isEmpty {
      // A listing tells it without its quotes.
      let quoted = entry.version.hasPrefix("\"") ? entry.version : "\"\(entry.version)\""
      request.headers.append(HTTPHeader("If-Match", quoted))
    }
    return request
  }

  private func request(_ rest: String) -> HTTPRequest {
    var request = HTTPRequest(url: base + rest)
    request.headers.append(HTTPHeader("x-ms-version", Self.version))
    return request
  }

  func page(_ body: [UInt8]) throws(StoreFailure) -> ListingPage {
    let root: XMLElement
    // Some servers begin with a byte order mark, which expat takes.
    do throws(XMLFailure) { root = try XMLDocument.read(body) } catch {
      throw StoreFailure(.protocolError, "\(title): \(error)")
    }
    guard root.name == "EnumerationResults", let blobs = root["Blobs"] else {
      throw StoreFailure(.protocolError, "\(title) answers with no list of blobs")
    }
    let entries = try blobs.all("Blob").map { blob throws(StoreFailure) in try entry(blob) }
    let next = root.text("NextMarker").flatMap { $0.isEmpty ? nil : $0 }
    return ListingPage(entries: entries, next: next)
  }

  private func entry(_ blob: XMLElement) throws(StoreFailure) -> ObjectEntry {
    guard let name = blob["Name"], let properties = blob["Properties"],
      let size = properties.text("Content-Length").flatMap({ UInt64($0) })
        ?? (properties.text("ResourceType") == "directory" ? 0 : nil)
    else { throw StoreFailure(.protocolError, "\(title) lists a blob without name or size") }
    var entry = ObjectEntry(
      name: name.attributes["Encoded"] == "true" ? percentDecoded(name.text) : name.text, size: size,
      modified: properties.text("Last-Modified").flatMap(HTTPDate.parse),
      version: properties.text("Etag") ?? "")
    entry.isArchived = properties.text("AccessTier") == "Archive"
    entry.isFolder =
      properties.text("ResourceType") == "directory" || size == 0 && entry.name.hasSuffix("/")
    // Only what was committed once has an ETag.
    entry.isUncommitted = entry.version.isEmpty && size == 0 && !entry.isFolder
    return entry
  }

  func refusal(_ result: HTTPResult) -> StoreFailure {
    let root = try? XMLDocument.read(result.body)
    let code = (result.headers["x-ms-error-code"] ?? root?.text("Code")).map { printable($0) }
    let said = code.map { " (\($0))" } ?? ""
    switch code {
    case "AuthenticationFailed", "InvalidAuthenticationInfo", "NoAuthenticationInformation":
      return StoreFailure(.authentication, "\(title) refuses the credentials\(said)")
    case "AuthorizationFailure", "AuthorizationPermissionMismatch", "AuthorizationServiceMismatch",
      "AuthorizationResourceTypeMismatch", "InsufficientAccountPermissions", "AuthorizationProtocolMismatch",
      "AuthorizationSourceIPMismatch":
      return StoreFailure(
        .permission,
        "\(title) denies access: a SAS needs read and list (sp=rl, sr=c), an identity the role Storage Blob Data "
          + "Reader, a firewall our address\(said)")
    case "ContainerNotFound": return StoreFailure(.missing, "\(title) does not exist\(said)")
    case "BlobArchived":
      var failure = StoreFailure(.query, "\(title) has the blob in the archive tier\(said)")
      failure.isArchived = true
      return failure
    case "ServerBusy": return StoreFailure(.limit, "\(title) asks to slow down\(said)")
    default: return plainRefusal(result.status, said: code)
    }
  }

  func credentialsWereRefused() { tokens?.forget() }

  func authorise(
    _ request: HTTPRequest, at now: Timestamp,
    _ completion: @escaping @Sendable (Result<HTTPRequest, StoreFailure>) -> Void
  ) {
    var signed = request
    do {
      switch place.access {
      case .sas(let source):
        let parameters = try source.read().drop { $0 == "?" }
        signed.url += (signed.url.contains("?") ? "&" : "?") + parameters
      case .sharedKey(let source):
        let key = try AzureSharedKey(account: place.account, key: try source.read())
        try key.sign(&signed, at: now)
      case .identity:
        guard let tokens else { return }
        return tokens.token { [title] answer in
          completion(
            answer.map { token in
              var signed = request
              signed.headers.append(HTTPHeader("Authorization", "Bearer \(token)", isSecret: true))
              return signed
            }.mapError { StoreFailure($0.reason, "\(title): \($0.detail)") })
        }
      }
      completion(.success(signed))
    } catch { completion(.failure(StoreFailure(.configuration, "\(title): \(error)"))) }
  }
}
