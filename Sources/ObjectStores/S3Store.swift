package import Secrets
package import CloudAccess
internal import HTTPClient
internal import Model
internal import XMLDocuments

/// How a request to S3 proves who asks.
package enum S3Access: Hashable, Sendable {
  /// Of AWS' own ways, with a role that is taken on where one is named.
  case identity(AWSIdentitySettings)
  case key(id: SecretSource, secret: SecretSource, token: SecretSource?)
  /// For buckets that everybody may list.
  case anonymous
}

/// A bucket of S3, or of a server that speaks like it: MinIO, R2, Ceph.
package struct S3Place: Hashable, Sendable {
  package var bucket: String
  package var region: String
  package var access: S3Access
  /// Scheme, host and port of another server than Amazon's.
  package var endpoint: String?
  /// The bucket in the path and not in the host's name: what most other servers want.
  package var pathStyle: Bool
  package var requesterPays = false
  package var caFile: String?

  package init(
    bucket: String, region: String = "us-east-1", access: S3Access, endpoint: String? = nil,
    pathStyle: Bool? = nil
  ) {
    self.bucket = bucket
    self.region = region
    self.access = access
    self.endpoint = endpoint
    // A dot in the name does not fit Amazon's certificate.
    self.pathStyle = pathStyle ?? (endpoint != nil || bucket.contains("."))
  }
}

struct S3Dialect: StoreDialect {
  private let place: S3Place
  /// Ends with a slash.
  private let base: String
  private let identity: AWSIdentity?
  /// How long credentials may take to come.
  private static let patience = Duration.seconds(10)

  init(_ place: S3Place, _ transport: StoreTransport) {
    self.place = place
    identity =
      if case .identity(let settings) = place.access { transport.identities.identity(settings) } else { nil }
    let suffix = place.region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
    let root = place.endpoint ?? "https://s3.\(place.region).\(suffix)"
    if place.pathStyle {
      base = "\(root)/\(percentEncoded(place.bucket))/"
    } else {
      let scheme = root.hasPrefix("http://") ? "http://" : "https://"
      base = "\(scheme)\(place.bucket).\(root.dropFirst(scheme.count))/"
    }
  }

  var title: String { "s3://\(place.bucket)" }
  var caFile: String? { place.caFile }

  func listing(_ query: PageQuery) -> HTTPRequest {
    var parts = ["list-type=2", "encoding-type=url", "prefix=\(percentEncoded(query.prefix))"]
    if let limit = query.limit { parts.append("max-keys=\(limit)") }
    if let token = query.continuation {
      parts.append("continuation-token=\(percentEncoded(token))")
    } else if let name = query.startAfter {
      parts.append("start-after=\(percentEncoded(name))")
    }
    return request("?" + parts.joined(separator: "&"))
  }

  func reading(_ entry: ObjectEntry, _ range: Range<UInt64>) -> HTTPRequest {
    var request = request(percentEncoded(entry.name, alsoPlain: [UInt8(ascii: "/")]))
    if !entry.version.isEmpty { request.headers.append(HTTPHeader("If-Match", entry.version)) }
    return request
  }

  func request(_ rest: String) -> HTTPRequest {
    var request = HTTPRequest(url: base + rest)
    if place.requesterPays { request.headers.append(HTTPHeader("x-amz-request-payer", "requester")) }
    return request
  }

  func page(_ body: [UInt8]) throws(StoreFailure) -> ListingPage {
    let root = try document(body, "ListBucketResult")
    let isEncoded = root.text("EncodingType") == "url"
    var page = ListingPage(entries: [], next: nil)
    for item in root.children where item.name == "Contents" {
      guard let key = item.text("Key"), let size = item.text("Size").flatMap({ UInt64($0) }) else {
        throw StoreFailure(.protocolError, "\(title) lists an object without name or size")
      }
      let name = isEncoded ? Self.decoded(key) : key
      var entry = ObjectEntry(
        name: name, size: size, modified: item.text("LastModified").flatMap { Timestamp(rfc3339: $0) },
        version: item.text("ETag") ?? "")
      entry.isArchived = ["GLACIER", "DEEP_ARCHIVE"].contains(item.text("StorageClass") ?? "")
      entry.isFolder = size == 0 && name.hasSuffix("/")
      page.entries.append(entry)
    }
    if root.text("IsTruncated") == "true" {
      guard let next = root.text("NextContinuationToken"), !next.isEmpty else {
        throw StoreFailure(.protocolError, "\(title) says that there is more and not how to get it")
      }
      page.next = next
    }
    return page
  }

  func uploads(_ prefix: String, after cursor: [String]?) -> HTTPRequest? {
    var parts = ["encoding-type=url", "prefix=\(percentEncoded(prefix))", "uploads="]
    if let cursor, cursor.count == 2 {
      parts.append("key-marker=\(percentEncoded(cursor[0]))")
      parts.append("upload-id-marker=\(percentEncoded(cursor[1]))")
    }
    return request("?" + parts.joined(separator: "&"))
  }

  func uploads(_ body: [UInt8]) throws(StoreFailure) -> (found: IncompleteUploads, next: [String]?) {
    let root = try document(body, "ListMultipartUploadsResult")
    let all = root.all("Upload")
    let begun = all.compactMap { $0.text("Initiated").flatMap { Timestamp(rfc3339: $0) } }
    let found = IncompleteUploads(count: all.count, oldest: begun.min())
    guard root.text("IsTruncated") == "true", let key = root.text("NextKeyMarker") else {
      return (found, nil)
    }
    let isEncoded = root.text("EncodingType") == "url"
    return (found, [isEncoded ? Self.decoded(key) : key, root.text("NextUploadIdMarker") ?? ""])
  }

  func document(_ body: [UInt8], _ name: String) throws(StoreFailure) -> XMLElement {
    let root: XMLElement
    do throws(XMLFailure) { root = try XMLDocument.read(body) } catch {
      throw StoreFailure(.protocolError, "\(title): \(error)")
    }
    guard root.name == name else {
      throw StoreFailure(.protocolError, "\(title) answers with <\(printable(root.name))> and not <\(name)>")
    }
    return root
  }

  func refusal(_ result: HTTPResult) -> StoreFailure {
    let root = try? XMLDocument.read(result.body)
    let code = root?.text("Code").map { printable($0) }
    let region = (root?.text("Region") ?? result.headers["x-amz-bucket-region"]).map { printable($0) }
    let said = [code, root?.text("Message").map { printable($0) }].compactMap { $0 }.joined(separator: ": ")
    func failure(_ reason: FailureReason, _ words: String) -> StoreFailure {
      StoreFailure(reason, "\(title) \(words)" + (said.isEmpty ? "" : " (\(said))"))
    }
    switch code {
    case "AccessDenied", "AllAccessDisabled":
      return failure(.permission, "denies access: s3:ListBucket on the bucket, s3:GetObject to verify")
    case "SignatureDoesNotMatch", "InvalidAccessKeyId", "ExpiredToken", "InvalidToken",
      "TokenRefreshRequired", "RequestTimeTooSkewed", "InvalidClientTokenId":
      return failure(.authentication, "refuses the credentials")
    case "NoSuchBucket": return failure(.missing, "does not exist")
    case "ObjectLockConfigurationNotFoundError":
      var unset = failure(.missing, "has no object lock")
      unset.isUnset = true
      return unset
    case "InvalidObjectState":
      var archived = failure(.query, "has the object in an archive tier")
      archived.isArchived = true
      return archived
    case "SlowDown": return failure(.limit, "asks to slow down")
    default: break
    }
    if let region, region != place.region, [301, 307, 400].contains(result.status ?? 0) {
      return failure(.configuration, "is in the region \(region), not in \(place.region)")
    }
    if [301, 302, 307, 308].contains(result.status ?? 0) {
      return failure(.redirect, "is elsewhere: check region and endpoint")
    }
    return plainRefusal(result.status, said: said.isEmpty ? nil : said)
  }

  func authorise(
    _ request: HTTPRequest, at now: Timestamp,
    _ completion: @escaping @Sendable (Result<HTTPRequest, StoreFailure>) -> Void
  ) {
    switch place.access {
    case .anonymous: completion(.success(request))
    case .key(let id, let secret, let token):
      do throws(SecretSource.Failure) {
        let credentials = AWSCredentials(
          accessKeyID: try id.read(), secretAccessKey: try secret.read(), sessionToken: try token?.read())
        completion(signed(request, credentials, now))
      } catch { completion(.failure(StoreFailure(.configuration, "\(title): \(error)"))) }
    case .identity:
      guard let identity else { return }
      identity.credentials(timeout: Self.patience) { answer in
        switch answer {
        case .success(let credentials): completion(signed(request, credentials, now))
        case .failure(let why): completion(.failure(StoreFailure(why.reason, "\(title): \(why)")))
        }
      }
    }
  }

  private func signed(
    _ request: HTTPRequest, _ credentials: AWSCredentials, _ now: Timestamp
  ) -> Result<HTTPRequest, StoreFailure> {
    var signed = request
    let signature = AWSSignature(
      credentials: credentials, region: place.region, service: "s3", form: .objectStore)
    do throws(AWSSignatureFailure) {
      try signature.sign(&signed, at: now)
      return .success(signed)
    } catch { return .failure(StoreFailure(.configuration, "\(title): \(error)")) }
  }

  /// S3 writes a space as a plus.
  private static func decoded(_ text: String) -> String {
    percentDecoded(text.contains("+") ? String(text.map { $0 == "+" ? " " : $0 }) : text)
  }
}
