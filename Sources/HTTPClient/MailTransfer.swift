internal import CCurl
#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Model

/// One mail on its way, over a handle and a connection of its own: mails are few, and each is a full test of the way.
/// Confined to one thread.
final class MailTransfer {
  private let easy: UnsafeMutableRawPointer
  private let request: MailRequest
  /// Whether to give up, asked at least once a second.
  private let isStopped: @Sendable () -> Bool
  private let errorText: UnsafeMutablePointer<CChar>
  private var recipients: UnsafeMutablePointer<curl_slist>?
  private var unsent: ArraySlice<UInt8>
  private var conversation = SMTPConversation()
  private var sockets: Set<CInt> = []
  private var isClosed = false
  /// How long a server may take for its answer to our goodbye, once the mail is decided.
  private static let goodbyeSeconds = 2

  /// nil when out of memory.
  init?(_ request: MailRequest, isStopped: @escaping @Sendable () -> Bool) {
    guard TransferLoop.isLibraryReady, let easy = curl_easy_init() else { return nil }
    self.easy = easy
    self.request = request
    self.isStopped = isStopped
    unsent = request.message[...]
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    applyWay()
    applyMail()
    applyCallbacks()
  }

  /// Says goodbye to the server, which may take ``goodbyeSeconds``, and frees everything.
  func close() {
    guard !isClosed else { return }
    isClosed = true
    fw_easy_set_long(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, Self.goodbyeSeconds)
    curl_easy_cleanup(easy)
    curl_slist_free_all(recipients)
    errorText.deallocate()
  }

  private func applyWay() {
    fw_easy_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
    fw_easy_set_string(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps")
    let host = request.host.contains(":") ? "[\(request.host)]" : request.host
    let scheme = request.encryption == .tls ? "smtps" : "smtp"
    // The path is the name for EHLO.
    fw_easy_set_string(
      easy, CURLOPT_URL, "\(scheme)://\(host):\(request.port)/\(request.helloName ?? "")")
    fw_easy_set_long(easy, CURLOPT_NOSIGNAL, 1)
    fw_easy_set_string(easy, CURLOPT_NOPROXY, "*")
    fw_easy_set_long(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0)
    // A resolver thread that hangs is left behind.
    fw_easy_set_long(easy, CURLOPT_QUICK_EXIT, 1)
    fw_easy_set_long(easy, CURLOPT_SSL_SESSIONID_CACHE, 0)
    if let caFile = request.caFile {
      fw_easy_set_string(easy, CURLOPT_CAPATH, nil)
      fw_easy_set_string(easy, CURLOPT_CAINFO, caFile)
    }
    // "All": without STARTTLS the mail fails instead of going out in the clear.
    let security = request.encryption == .startTLS ? CURLUSESSL_ALL : CURLUSESSL_NONE
    fw_easy_set_long(easy, CURLOPT_USE_SSL, Int(security.rawValue))
    let milliseconds = Int(clamping: max(1, request.timeout.milliseconds))
    fw_easy_set_long(easy, CURLOPT_TIMEOUT_MS, milliseconds)
    fw_easy_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds)
    if let username = request.username {
      fw_easy_set_string(easy, CURLOPT_USERNAME, username)
      fw_easy_set_string(easy, CURLOPT_PASSWORD, request.password ?? "")
    }
  }

  private func applyMail() {
    fw_easy_set_string(easy, CURLOPT_MAIL_FROM, "<\(request.sender)>")
    for recipient in request.recipients {
      recipients = curl_slist_append(recipients, "<\(recipient)>") ?? recipients
    }
    fw_easy_set_list(easy, CURLOPT_MAIL_RCPT, recipients)
    fw_easy_set_long(easy, CURLOPT_UPLOAD, 1)
    fw_easy_set_long(easy, CURLOPT_INFILESIZE, request.message.count)
  }

  private func applyCallbacks() {
    let me = Unmanaged.passUnretained(self).toOpaque()
    fw_easy_set_data_callback(easy, CURLOPT_READFUNCTION) { data, size, count, context in
      guard let data, let context else { return 0 }
      let transfer = Unmanaged<MailTransfer>.fromOpaque(context).takeUnretainedValue()
      return transfer.give(UnsafeMutableRawBufferPointer(start: data, count: size * count))
    }
    fw_easy_set_pointer(easy, CURLOPT_READDATA, me)
    // The server's replies come as "headers".
    fw_easy_set_data_callback(easy, CURLOPT_HEADERFUNCTION) { data, size, count, context in
      guard let data, let context else { return 0 }
      let transfer = Unmanaged<MailTransfer>.fromOpaque(context).takeUnretainedValue()
      transfer.hear(UnsafeRawBufferPointer(start: data, count: size * count))
      return size * count
    }
    fw_easy_set_pointer(easy, CURLOPT_HEADERDATA, me)
    // Nothing else is received; without this libcurl would print it.
    fw_easy_set_data_callback(easy, CURLOPT_WRITEFUNCTION) { _, size, count, _ in size * count }
    fw_easy_set_long(easy, CURLOPT_NOPROGRESS, 0)
    fw_easy_set_progress_callback(easy) { context, _, _, _, _ in
      guard let context else { return 1 }
      return Unmanaged<MailTransfer>.fromOpaque(context).takeUnretainedValue().isOver() ? 1 : 0
    }
    fw_easy_set_pointer(easy, CURLOPT_XFERINFODATA, me)
    fw_easy_set_open_callback(easy) { context, _, address in
      guard let context, let address = address?.pointee else { return CURL_SOCKET_BAD }
      let type = address.socktype | CInt(SOCK_CLOEXEC.rawValue)
      let opened = socket(address.family, type, address.protocol)
      guard opened >= 0 else { return CURL_SOCKET_BAD }
      Unmanaged<MailTransfer>.fromOpaque(context).takeUnretainedValue().sockets.insert(opened)
      return opened
    }
    fw_easy_set_pointer(easy, CURLOPT_OPENSOCKETDATA, me)
    fw_easy_set_close_callback(easy) { context, socket in
      guard let context else { return -1 }
      Unmanaged<MailTransfer>.fromOpaque(context).takeUnretainedValue().sockets.remove(socket)
      return closeDescriptor(socket)
    }
    fw_easy_set_pointer(easy, CURLOPT_CLOSESOCKETDATA, me)
  }

  private func isOver() -> Bool {
    guard isStopped() else { return false }
    // libcurl would wait for the answer to a goodbye.
    for socket in sockets { shutdown(socket, CInt(SHUT_RDWR)) }
    return true
  }

  private func hear(_ line: UnsafeRawBufferPointer) {
    conversation.hear(line)
    if conversation.isRefusal {
      // What is left is a goodbye, or a greeting in an older way.
      fw_easy_set_long(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, Self.goodbyeSeconds)
    }
  }

  private func give(_ room: UnsafeMutableRawBufferPointer) -> Int {
    let part = unsent.prefix(room.count)
    room.copyBytes(from: part)
    unsent = unsent.dropFirst(part.count)
    return part.count
  }

  /// Sends the mail; blocks until the server took or refused it, or the time is over.
  func perform() -> MailResult {
    let code = curl_easy_perform(easy)
    var result = MailResult()
    if code == CURLE_OK {
      result.status = conversation.status
      result.reply = conversation.reply
    } else if code == CURLE_ABORTED_BY_CALLBACK {
      result.failure = .cancelled
    } else if conversation.isRefusal {
      result.status = conversation.status
      result.reply = conversation.reply
      var detail = "the mail server said \"\(conversation.reply)\""
      let place = conversation.refusedRecipient(
        of: request.recipients.count, startTLS: request.encryption == .startTLS)
      if let place { detail += " to the recipient \(request.recipients[place])" }
      result.failure = HTTPFailure(code == CURLE_LOGIN_DENIED ? .authentication : .status, redacted(detail))
    } else {
      result.failure = failure(code)
    }
    return result
  }

  private func failure(_ code: CURLcode) -> HTTPFailure {
    let said = String(cString: errorText)
    let detail = redacted(said.isEmpty ? String(cString: curl_easy_strerror(code)) : said)
    if code == CURLE_LOGIN_DENIED { return HTTPFailure(.authentication, detail) }
    var systemError = 0
    var verification = 0
    fw_easy_get_long(easy, CURLINFO_OS_ERRNO, &systemError)
    fw_easy_get_long(easy, CURLINFO_SSL_VERIFYRESULT, &verification)
    let reason = failureReason(
      code, systemError: CInt(truncatingIfNeeded: systemError), verification: verification, detail: detail,
      hasConnected: conversation.status != nil)
    return HTTPFailure(reason, detail)
  }

  /// A server that repeats what it was told must not bring the password into a log.
  private func redacted(_ text: String) -> String {
    guard let password = request.password, !password.isEmpty else { return text }
    return text.split(separator: password, omittingEmptySubsequences: false).joined(separator: "***")
  }
}

/// The system's `close`, whose name the transfer's own method hides.
private func closeDescriptor(_ descriptor: CInt) -> CInt { close(descriptor) }
