internal import Dispatch
internal import HTTPClient
internal import Model

/// How one kind of store is spoken to over HTTP: requests and how to read answers. No waiting, no clock.
protocol StoreDialect: Sendable {
  var title: String { get }
  var listsInOrder: Bool { get }
  var listsIncompleteUploads: Bool { get }
  /// The authority to trust instead of the system's.
  var caFile: String? { get }

  func listing(_ query: PageQuery) -> HTTPRequest
  func page(_ body: [UInt8]) throws(StoreFailure) -> ListingPage
  func reading(_ entry: ObjectEntry, _ range: Range<UInt64>) -> HTTPRequest
  /// The next page of uploads behind `cursor`; nil where there is no such question.
  func uploads(_ prefix: String, after cursor: [String]?) -> HTTPRequest?
  func uploads(_ body: [UInt8]) throws(StoreFailure) -> (found: IncompleteUploads, next: [String]?)
  /// nil where there is no such question.
  var versioningRequest: HTTPRequest? { get }
  var objectLockRequest: HTTPRequest? { get }
  /// What has to be allowed for the two.
  var protectionPrivileges: String { get }
  func versioning(_ body: [UInt8]) throws(StoreFailure) -> StoreProtection.Versioning
  func objectLock(_ body: [UInt8]) throws(StoreFailure) -> (isOn: Bool, retention: StoreProtection.Retention?)
  /// What an answer that is none of 200 and 206 means.
  func refusal(_ result: HTTPResult) -> StoreFailure
  /// Adds what proves who asks. May read files; `completion` is called once, on any thread.
  func authorise(
    _ request: HTTPRequest, at now: Timestamp,
    _ completion: @escaping @Sendable (Result<HTTPRequest, StoreFailure>) -> Void)
  /// What proved who asks was refused: a token that was kept is not used again.
  func credentialsWereRefused()
}

extension StoreDialect {
  func credentialsWereRefused() {}
  var listsInOrder: Bool { true }
  var listsIncompleteUploads: Bool { false }
  func uploads(_ prefix: String, after cursor: [String]?) -> HTTPRequest? { nil }
  func uploads(_ body: [UInt8]) throws(StoreFailure) -> (found: IncompleteUploads, next: [String]?) {
    (IncompleteUploads(), nil)
  }
  var versioningRequest: HTTPRequest? { nil }
  var objectLockRequest: HTTPRequest? { nil }
  var protectionPrivileges: String { "" }
  func versioning(_ body: [UInt8]) throws(StoreFailure) -> StoreProtection.Versioning { .off }
  func objectLock(
    _ body: [UInt8]
  ) throws(StoreFailure) -> (isOn: Bool, retention: StoreProtection.Retention?) { (false, nil) }
}

/// A store that is asked over HTTP. Signing and reading of answers happen on a queue of its own.
final class HTTPStore<Dialect: StoreDialect>: ObjectStore {
  let dialect: Dialect
  let transport: StoreTransport
  let queue = DispatchQueue(label: "farwatch.store")

  /// Bytes of one page; the readers of pages take no more.
  private static var pageLimit: Int { 16 << 20 }
  /// Pages of incomplete uploads that are read; who has more has a clear number already.
  private static var uploadPages: Int { 20 }
  /// A store that is busy is asked again so often, after so long and twice as long each time.
  private static var attempts: Int { 4 }
  private static var firstPause: Duration { .milliseconds(250) }

  init(_ dialect: Dialect, _ transport: StoreTransport) {
    self.dialect = dialect
    self.transport = transport
  }

  var title: String { dialect.title }
  var listsInOrder: Bool { dialect.listsInOrder }
  var listsIncompleteUploads: Bool { dialect.listsIncompleteUploads }

  func list(
    _ query: PageQuery, timeout: Duration,
    _ completion: @escaping @Sendable (Result<ListingPage, StoreFailure>) -> Void
  ) {
    var request = dialect.listing(query)
    request.bodyLimit = Self.pageLimit
    send(request, until: transport.time.monotonic + timeout) { [self] answer, offset in
      completion(
        answer.flatMap { result in
          Result { () throws(StoreFailure) in
            var page = try dialect.page(result.body)
            page.clockOffset = offset
            return page
          }
        })
    }
  }

  func read(
    _ entry: ObjectEntry, _ range: Range<UInt64>, timeout: Duration,
    _ completion: @escaping @Sendable (Result<[UInt8], StoreFailure>) -> Void
  ) {
    guard !range.isEmpty else { return queue.async { completion(.success([])) } }
    var request = dialect.reading(entry, range)
    request.headers.append(HTTPHeader("Range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)"))
    request.bodyLimit = Int(clamping: range.count)
    request.failBeyondReadLimit = false
    send(request, until: transport.time.monotonic + timeout) { [self] answer, _ in
      completion(
        answer.flatMap { result in
          // A server that passes over the range sends the object from its beginning.
          if result.status == 200, range.lowerBound > 0 {
            return .failure(StoreFailure(.protocolError, "\(title) does not heed the Range of a request"))
          }
          return .success(result.body)
        })
    }
  }

  func incompleteUploads(
    prefix: String, timeout: Duration,
    _ completion: @escaping @Sendable (Result<IncompleteUploads?, StoreFailure>) -> Void
  ) {
    uploads(prefix, nil, IncompleteUploads(), 0, transport.time.monotonic + timeout, completion)
  }

  private func uploads(
    _ prefix: String, _ cursor: [String]?, _ sum: IncompleteUploads, _ pages: Int,
    _ deadline: MonotonicInstant,
    _ completion: @escaping @Sendable (Result<IncompleteUploads?, StoreFailure>) -> Void
  ) {
    guard var request = dialect.uploads(prefix, after: cursor) else {
      return queue.async { completion(.success(nil)) }
    }
    request.bodyLimit = Self.pageLimit
    send(request, until: deadline) { [self] answer, _ in
      do throws(StoreFailure) {
        let (found, next) = try dialect.uploads(try answer.get().body)
        var sum = sum
        sum.count += found.count
        sum.oldest = [sum.oldest, found.oldest].compactMap { $0 }.min()
        guard let next, next != cursor, pages + 1 < Self.uploadPages else {
          return completion(.success(sum))
        }
        uploads(prefix, next, sum, pages + 1, deadline, completion)
      } catch { completion(.failure(error)) }
    }
  }

  // MARK: - One exchange

  typealias Answer = @Sendable (Result<HTTPResult, StoreFailure>, _ offset: Duration?) -> Void

  func send(
    _ request: HTTPRequest, until deadline: MonotonicInstant, attempt: Int = 1, _ completion: @escaping Answer
  ) {
    var bare = request
    bare.caFile = dialect.caFile
    let prepared = bare
    queue.async { [self] in
      dialect.authorise(prepared, at: transport.time.now) { [self] authorised in
        queue.async { [self] in
          let left = deadline - transport.time.monotonic
          do throws(StoreFailure) {
            var ready = try authorised.get()
            guard left > .zero else { throw StoreFailure(.timeout, "\(title): no answer in time") }
            ready.timeout = left
            transport.http.start(ready) { [self] result in
              queue.async { self.took(result, request, deadline, attempt, completion) }
            }
          } catch { completion(.failure(error), nil) }
        }
      }
    }
  }

  private func took(
    _ result: HTTPResult, _ request: HTTPRequest, _ deadline: MonotonicInstant, _ attempt: Int,
    _ completion: @escaping Answer
  ) {
    let offset = result.headers["Date"].flatMap(HTTPDate.parse).map { $0 - transport.time.now }
    guard var failure = failure(of: result) else { return completion(.success(result), offset) }
    if result.status == 401 { dialect.credentialsWereRefused() }
    let pause = Self.firstPause * (1 << (attempt - 1))
    if failure.isTemporary, attempt < Self.attempts, transport.time.monotonic + pause < deadline {
      queue.asyncAfter(deadline: .now() + .milliseconds(Int(pause.milliseconds))) { [self] in
        send(request, until: deadline, attempt: attempt + 1, completion)
      }
      return
    }
    // The usual cause of a signature that does not fit although the key is right.
    if failure.reason == .authentication, let offset, abs(offset.inSeconds) > 300 {
      failure.detail += "; our clock and the store's differ by \(DurationText.format(offset))"
    }
    completion(.failure(failure), offset)
  }

  private func failure(of result: HTTPResult) -> StoreFailure? {
    if let failure = result.failure {
      var told = StoreFailure(failure.reason, "\(title): \(failure.detail)")
      told.isTemporary = [.reset, .refused].contains(failure.reason)
      return told
    }
    guard let status = result.status else { return StoreFailure(.protocolError, "\(title): no status") }
    if status == 200 || status == 206 { return nil }
    var failure = dialect.refusal(result)
    if status == 429 || status >= 500 { failure.isTemporary = true }
    if status == 412 || status == 404 { failure.hasChanged = true }
    return failure
  }
}

extension StoreDialect {
  /// What a status alone means.
  func plainRefusal(_ status: Int?, said: String?) -> StoreFailure {
    let words = "status \(status ?? 0)" + (said.map { ", \($0)" } ?? "")
    switch status {
    case 401: return StoreFailure(.authentication, "\(title) refuses the credentials: \(words)")
    case 403: return StoreFailure(.permission, "\(title) denies access: \(words)")
    case 404: return StoreFailure(.missing, "\(title): not there: \(words)")
    case 416: return StoreFailure(.query, "\(title): a range beyond the object's end: \(words)")
    case 429, 503: return StoreFailure(.limit, "\(title) asks to slow down: \(words)")
    default: return StoreFailure(.status, "\(title) answers \(words)")
    }
  }
}

/// What a server says of itself in an error: short, and without what could break a line of a log.
func printable(_ text: String, most: Int = 120) -> String {
  String(
    String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7f }.prefix(most))
  )
}
