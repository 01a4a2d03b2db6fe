package import CloudAccess
internal import FoundationEssentials
internal import HTTPClient
internal import Model

/// How a request to Cloud Storage proves who asks; nil stands for buckets that everybody may list.
package typealias GCSAccess = GoogleIdentity?

/// A bucket of Google's Cloud Storage.
package struct GCSPlace: Hashable, Sendable {
  package var bucket: String
  package var access: GCSAccess
  /// Scheme, host and port of another server than Google's.
  package var endpoint: String?
  /// The metadata server's address, for tests.
  package var metadataHost: String?
  /// The project that pays, where the bucket's owner does not.
  package var userProject: String?
  package var caFile: String?

  package init(bucket: String, access: GCSAccess, endpoint: String? = nil) {
    self.bucket = bucket
    self.access = access
    self.endpoint = endpoint
  }
}

struct GCSDialect: StoreDialect {
  private struct Answer: Decodable {
    struct Item: Decodable {
      var name: String
      var size: String?
      var updated: String?
      var timeCreated: String?
      var generation: String?
      var storageClass: String?
    }
    var items: [Item]?
    var nextPageToken: String?
  }

  private struct Refusal: Decodable {
    struct Problem: Decodable { var message: String? }
    var error: Problem?
  }

  private static let fields = "nextPageToken,items(name,size,updated,timeCreated,generation,storageClass)"

  private let place: GCSPlace
  private let base: String
  private let tokens: BearerTokens?

  init(_ place: GCSPlace, _ transport: StoreTransport) {
    self.place = place
    base =
      "\(place.endpoint ?? "https://storage.googleapis.com")/storage/v1/b/\(percentEncoded(place.bucket))/o"
    tokens = place.access?.tokens(
      scope: "https://www.googleapis.com/auth/devstorage.read_only", metadataHost: place.metadataHost,
      http: transport.http, time: transport.time)
  }

  var title: String { "gs://\(place.bucket)" }
  var caFile: String? { place.caFile }

  func listing(_ query: PageQuery) -> HTTPRequest {
    var parts = ["prefix=\(percentEncoded(query.prefix))", "fields=\(percentEncoded(Self.fields))"]
    parts.append("maxResults=\(query.limit ?? 1000)")
    // It includes the name itself; who asks passes that over.
    if let name = query.startAfter { parts.append("startOffset=\(percentEncoded(name))") }
    if let token = query.continuation { parts.append("pageToken=\(percentEncoded(token))") }
    return HTTPRequest(url: "\(base)?" + billed(parts))
  }

  func reading(_ entry: ObjectEntry, _ range: Range<UInt64>) -> HTTPRequest {
    var parts = ["alt=media"]
    if !entry.version.isEmpty { parts.append("generation=\(percentEncoded(entry.version))") }
    var request = HTTPRequest(url: "\(base)/\(percentEncoded(entry.name))?" + billed(parts))
    // Otherwise the server decompresses what was stored with that encoding, and passes over the range.
    request.headers.append(HTTPHeader("Accept-Encoding", "gzip"))
    return request
  }

  private func billed(_ parts: [String]) -> String {
    (parts + (place.userProject.map { ["userProject=\(percentEncoded($0))"] } ?? [])).joined(separator: "&")
  }

  func page(_ body: [UInt8]) throws(StoreFailure) -> ListingPage {
    guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(body)) else {
      throw StoreFailure(.protocolError, "\(title) answers with no list of objects")
    }
    var page = ListingPage(entries: [], next: answer.nextPageToken.flatMap { $0.isEmpty ? nil : $0 })
    for item in answer.items ?? [] {
      guard let size = item.size.flatMap({ UInt64($0) }) else {
        throw StoreFailure(.protocolError, "\(title) lists an object without size")
      }
      // `updated` also moves when only the metadata changes.
      let moment = (item.timeCreated ?? item.updated).flatMap { Timestamp(rfc3339: $0) }
      var entry = ObjectEntry(
        name: item.name, size: size, modified: moment, version: item.generation ?? "")
      // Also the classes COLDLINE and ARCHIVE are read at once here.
      entry.isFolder = size == 0 && item.name.hasSuffix("/")
      page.entries.append(entry)
    }
    return page
  }

  func refusal(_ result: HTTPResult) -> StoreFailure {
    let said = (try? JSONDecoder().decode(Refusal.self, from: Data(result.body)))?.error?.message
      .map { printable($0) }
    switch result.status {
    case 403:
      return StoreFailure(
        .permission,
        "\(title) denies access: storage.objects.list on the bucket, storage.objects.get to verify"
          + (said.map { " (\($0))" } ?? ""))
    case 401: return StoreFailure(.authentication, "\(title) refuses the token")
    default: return plainRefusal(result.status, said: said)
    }
  }

  func credentialsWereRefused() { tokens?.forget() }

  func authorise(
    _ request: HTTPRequest, at now: Timestamp,
    _ completion: @escaping @Sendable (Result<HTTPRequest, StoreFailure>) -> Void
  ) {
    guard let tokens else { return completion(.success(request)) }
    tokens.token { [title] answer in
      completion(
        answer.map { token in
          var signed = request
          signed.headers.append(HTTPHeader("Authorization", "Bearer \(token)", isSecret: true))
          return signed
        }.mapError { StoreFailure($0.reason, "\(title): \($0.detail)") })
    }
  }
}
