internal import CCurl
#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Model

/// The client's thread: libcurl's multi interface driven by epoll.
///
/// Invariants:
/// - Everything here is touched by the one thread that calls ``run()``; libcurl calls back on that thread only.
/// - A transfer is either idle (in `idle`) or in the multi handle with a job (in `active`).
/// - A connection's descriptor stays in epoll while libcurl keeps the connection, also between requests: a request on
///   a kept connection costs no `epoll_ctl`. libcurl opens and closes descriptors through us, so the table is exact.
final class TransferLoop {
  private let settings: HTTPClientSettings
  private let mailbox: Mailbox
  private let multi: UnsafeMutableRawPointer
  private let sockets: SocketTable
  /// When libcurl wants to be called although nothing happened.
  private var deadline: MonotonicInstant?
  private var idle: [Transfer] = []
  private var active: [ObjectIdentifier: Transfer] = [:]
  private var certificates: CertificateMemory
  private var knownURLs: [String: HTTPURL] = [:]
  private let time = SystemTime()
  private static let knownURLLimit = 4096
  /// Handles kept for the next request; more than this many at once are made anew.
  private static let idleLimit = 64

  /// nil when the system refuses a descriptor or memory.
  init?(settings: HTTPClientSettings, mailbox: Mailbox) {
    guard mailbox.bell >= 0, Self.isLibraryReady, let multi = curl_multi_init() else { return nil }
    guard let sockets = SocketTable(bell: mailbox.bell) else {
      curl_multi_cleanup(multi)
      return nil
    }
    self.settings = settings
    self.mailbox = mailbox
    self.multi = multi
    self.sockets = sockets
    certificates = CertificateMemory(lifetime: settings.connectionLifetime)
    let me = Unmanaged.passUnretained(self).toOpaque()
    fw_multi_set_socket_callback(multi) { _, socket, what, context, _ in
      guard let context else { return -1 }
      Unmanaged<TransferLoop>.fromOpaque(context).takeUnretainedValue().sockets.watch(socket, what)
      return 0
    }
    fw_multi_set_pointer(multi, CURLMOPT_SOCKETDATA, me)
    fw_multi_set_timer_callback(multi) { _, milliseconds, context in
      guard let context else { return -1 }
      Unmanaged<TransferLoop>.fromOpaque(context).takeUnretainedValue().setDeadline(milliseconds)
      return 0
    }
    fw_multi_set_pointer(multi, CURLMOPT_TIMERDATA, me)
    // libcurl's own default follows the number of requests in progress and would close idle connections.
    fw_multi_set_long(multi, CURLMOPT_MAXCONNECTS, settings.maximumKeptConnections)
  }

  /// Safe to read from any thread; the library itself is initialised once and never torn down.
  private static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  /// Serves until the mailbox is stopped, then cancels what is left.
  func run() {
    while true {
      var mailCame = false
      sockets.wait(until: deadline, time) { socket, events in
        if socket == mailbox.bell {
          mailCame = true
        } else {
          act(socket, events)
        }
      }
      if mailCame {
        let mail = mailbox.take()
        for job in mail.jobs { begin(job) }
        if mail.isStopped { break }
      }
      // A timer that is set again while it is served is served in the next round.
      if let due = deadline, due <= time.monotonic {
        deadline = nil
        act(CURL_SOCKET_BAD, 0)
      }
      collectFinished()
    }
    close()
  }

  private func act(_ socket: CInt, _ events: CInt) {
    var running: CInt = 0
    curl_multi_socket_action(multi, socket, events, &running)
  }

  private func setDeadline(_ milliseconds: Int) {
    deadline = milliseconds < 0 ? nil : time.monotonic + .milliseconds(milliseconds)
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
    guard let transfer = idle.popLast() ?? Transfer(settings: settings, sockets: sockets) else {
      return finish(job, HTTPFailure(.limit, "out of memory for one more request"))
    }
    transfer.prepare(job, timeout: left)
    guard curl_multi_add_handle(multi, transfer.easy) == CURLM_OK else {
      return finish(job, HTTPFailure(.limit, "the HTTP library refused the request"))
    }
    active[ObjectIdentifier(transfer)] = transfer
  }

  private func collectFinished() {
    var left: CInt = 0
    while let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
      let code = fw_message_result(message)
      var context: UnsafeMutableRawPointer?
      fw_easy_get_pointer(easy, CURLINFO_PRIVATE, &context)
      guard let context else { continue }
      let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
      legEnded(transfer, code)
    }
  }

  private func legEnded(_ transfer: Transfer, _ code: CURLcode) {
    guard let job = transfer.job else { return }
    let leg = transfer.readLeg(code, remembering: &certificates, now: time.monotonic)
    curl_multi_remove_handle(multi, transfer.easy)
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
    mailbox.finishedOne()
    job.complete()
  }

  private func close() {
    let cancelled = active.values.map { $0 }
    active = [:]
    for transfer in cancelled {
      curl_multi_remove_handle(multi, transfer.easy)
      if let job = transfer.job { finish(job, .cancelled) }
      transfer.job = nil
    }
    // Connections close through the callbacks of the table, so the multi handle goes first.
    curl_multi_cleanup(multi)
    for transfer in cancelled + idle { transfer.free() }
    idle = []
    sockets.close()
  }
}
