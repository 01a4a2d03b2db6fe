internal import CCurl
#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Model
internal import Threading

/// The client's thread: libcurl's multi handles driven by one epoll.
///
/// Invariants:
/// - Everything here is touched by the one thread that calls ``run()``; libcurl calls back on that thread only.
/// - A transfer is either idle (in `idle`) or in a shard's multi handle with a job (in `active`).
/// - A connection's descriptor stays in epoll while libcurl keeps the connection, also between requests: a request on
///   a kept connection costs no `epoll_ctl`. libcurl opens and closes descriptors through us, so the table is exact.
final class TransferLoop {
  private let settings: HTTPClientSettings
  private let intake: Intake<Job>
  private let sockets: SocketTable
  private var shards: [TransferShard?]
  private var idle: [Transfer] = []
  private var active: [ObjectIdentifier: (transfer: Transfer, shard: TransferShard)] = [:]
  private var certificates: CertificateMemory
  private var knownURLs: [String: HTTPURL] = [:]
  private let time = SystemTime()
  private static let knownURLLimit = 4096
  /// Handles kept for the next request; more than this many at once are made anew.
  private static let idleLimit = 64

  /// nil when the system refuses a descriptor or memory.
  init?(settings: HTTPClientSettings, intake: Intake<Job>) {
    guard intake.descriptor >= 0, Self.isLibraryReady, let sockets = SocketTable(bell: intake.descriptor)
    else {
      return nil
    }
    self.settings = settings
    self.intake = intake
    self.sockets = sockets
    shards = Array(repeating: nil, count: TransferShard.count(keeping: settings.maximumKeptConnections))
    certificates = CertificateMemory(lifetime: settings.connectionLifetime)
  }

  /// Safe to read from any thread; the library itself is initialised once and never torn down.
  static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  /// Serves until the intake is stopped, then cancels what is left.
  func run() {
    while true {
      var mailCame = false
      sockets.wait(until: nextDeadline, time) { socket, events, shard in
        if socket == intake.descriptor {
          mailCame = true
        } else {
          shards[shard]?.act(socket, events)
        }
      }
      if mailCame {
        let mail = intake.take()
        for job in mail.jobs { begin(job) }
        if mail.isStopped { break }
      }
      let now = time.monotonic
      for place in shards.indices {
        guard let shard = shards[place] else { continue }
        shard.actIfDue(now)
        if shard.takeActed() { collectFinished(shard) }
      }
    }
    close()
  }

  private var nextDeadline: MonotonicInstant? {
    var next: MonotonicInstant?
    for place in shards.indices {
      guard let deadline = shards[place]?.deadline, next.map({ deadline < $0 }) ?? true else { continue }
      next = deadline
    }
    return next
  }

  /// The shard that keeps the connections to `url`, made when it is first needed.
  private func shard(of url: HTTPURL) -> TransferShard? {
    let place = TransferShard.place(of: url, in: shards.count)
    if let known = shards[place] { return known }
    shards[place] = TransferShard(place, sockets, time, connections: settings.maximumKeptConnections)
    return shards[place]
  }

  private func begin(_ job: Job) {
    job.startedAt = time.monotonic
    job.result.finalURL = job.url
    guard let url = read(job.url) else {
      return finish(job, HTTPFailure(.configuration, "the URL is not a valid http or https URL"))
    }
    job.target = url
    startLeg(job)
  }

  /// The same few URLs come again and again.
  private func read(_ text: String) -> HTTPURL? {
    if let known = knownURLs[text] { return known }
    let url = HTTPURL(text)
    if knownURLs.count >= Self.knownURLLimit { knownURLs.removeAll(keepingCapacity: true) }
    if let url { knownURLs[text] = url }
    return url
  }

  private func startLeg(_ job: Job) {
    let left = job.request.timeout - (time.monotonic - job.startedAt)
    guard left >= .milliseconds(1) || job.result.redirects == 0 else {
      return finish(job, HTTPFailure(.timeout, "no time left to follow the redirect"))
    }
    guard let target = job.target, let shard = shard(of: target),
      let transfer = idle.popLast() ?? Transfer(settings: settings, sockets: sockets)
    else { return finish(job, HTTPFailure(.limit, "out of memory or descriptors for one more request")) }
    transfer.prepare(job, timeout: left)
    guard curl_multi_add_handle(shard.multi, transfer.easy) == CURLM_OK else {
      return finish(job, HTTPFailure(.limit, "the HTTP library refused the request"))
    }
    active[ObjectIdentifier(transfer)] = (transfer, shard)
  }

  private func collectFinished(_ shard: TransferShard) {
    var left: CInt = 0
    while let message = curl_multi_info_read(shard.multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
      let code = fw_message_result(message)
      var context: UnsafeMutableRawPointer?
      fw_easy_get_pointer(easy, CURLINFO_PRIVATE, &context)
      guard let context else { continue }
      let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
      legEnded(transfer, shard, code)
    }
  }

  private func legEnded(_ transfer: Transfer, _ shard: TransferShard, _ code: CURLcode) {
    guard let job = transfer.job else { return }
    let leg = transfer.readLeg(code, remembering: &certificates, now: time.monotonic)
    curl_multi_remove_handle(shard.multi, transfer.easy)
    active[ObjectIdentifier(transfer)] = nil
    transfer.job = nil
    if idle.count < Self.idleLimit { idle.append(transfer) }
    switch job.legEnded(leg) {
    case .nextLeg:
      // What the certificate leg takes is not the request's.
      if job.isCertificateLeg { job.result.total = (time.monotonic - job.startedAt).inSeconds }
      startLeg(job)
    case .done: finish(job, job.result.failure)
    }
  }

  private func finish(_ job: Job, _ failure: HTTPFailure?) {
    if !job.isCertificateLeg { job.result.total = (time.monotonic - job.startedAt).inSeconds }
    job.result.failure = failure
    intake.finishedOne()
    job.complete()
  }

  private func close() {
    let cancelled = active.values.map { $0 }
    active = [:]
    for (transfer, shard) in cancelled {
      curl_multi_remove_handle(shard.multi, transfer.easy)
      if let job = transfer.job { finish(job, .cancelled) }
      transfer.job = nil
    }
    // Connections close through the callbacks of the table, so the multi handles go first.
    for case let shard? in shards { shard.close() }
    shards = []
    for transfer in cancelled.map(\.transfer) + idle { transfer.free() }
    idle = []
    sockets.close()
  }
}
