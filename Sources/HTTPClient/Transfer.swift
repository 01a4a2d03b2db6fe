internal import CCurl
internal import Model

/// One libcurl easy handle and what it receives. Confined to the client's thread; made once, used for many requests.
final class Transfer {
  let easy: UnsafeMutableRawPointer
  private let settings: HTTPClientSettings
  private let sockets: SocketTable
  private let errorText: UnsafeMutablePointer<CChar>
  private var headerList: UnsafeMutablePointer<curl_slist>?
  private var connectList: UnsafeMutablePointer<curl_slist>?
  /// What the handle is set to; nil after a reset.
  private var applied: Options?

  var job: Job?
  private var body: [UInt8] = []
  private var bodyBytes = 0
  private var headerBytes: [UInt8] = []
  private var headerBytesTotal = 0
  private var bodyLimit = 0
  private var readLimit = 0
  private var startedAt = MonotonicInstant(nanoseconds: 0)
  /// Seconds until TCP stood, where libcurl would not tell because TLS failed.
  private var connectedAfter: Double?
  private var isBodyTooLarge = false
  private var isHeaderTooLarge = false

  /// nil when out of memory.
  init?(settings: HTTPClientSettings, sockets: SocketTable) {
    guard let easy = curl_easy_init() else { return nil }
    self.easy = easy
    self.settings = settings
    self.sockets = sockets
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
  }

  /// Frees the handle before the object goes, so that the order against the multi handle can be chosen.
  func free() {
    guard !isFreed else { return }
    isFreed = true
    curl_easy_cleanup(easy)
    curl_slist_free_all(headerList)
    curl_slist_free_all(connectList)
    errorText.deallocate()
  }
  private var isFreed = false

  deinit { free() }

  /// Everything that one leg sets. What rarely changes between two uses of a handle is in `rare`: a change there
  /// resets the handle, because several options have no value that means "as if never set".
  private struct Options: Equatable {
    struct Rare: Equatable {
      var method: String
      var body: [UInt8]
      var verifyPeer: Bool
      var caFile: String?
      var clientCertificate: HTTPRequest.ClientCertificate?
      var addressFamily: HTTPRequest.AddressFamily
      var connectTo: String?
      var acceptCompressed: Bool
      var version: HTTPRequest.Version
      var userAgent: String?
      var wantCertificates: Bool
      var isCertificateLeg: Bool
      var keepAlive: Bool
    }
    var rare: Rare
    var url: String
    var headers: [HTTPHeader]
    var timeoutMilliseconds: Int
    var connectTimeoutMilliseconds: Int
  }

  /// Sets the handle for the next leg of `job`, which must be over after `timeout`.
  func prepare(_ job: Job, timeout: Duration) {
    self.job = job
    let request = job.request
    startedAt = SystemTime().monotonic
    connectedAfter = nil
    body = []
    bodyBytes = 0
    headerBytes.removeAll(keepingCapacity: true)
    headerBytesTotal = 0
    bodyLimit = request.bodyLimit
    readLimit = request.readLimit ?? request.bodyLimit
    isBodyTooLarge = false
    isHeaderTooLarge = false
    errorText[0] = 0
    let options = Options(
      rare: .init(
        method: job.method, body: job.body, verifyPeer: request.verifyPeer && !job.isCertificateLeg,
        caFile: request.caFile, clientCertificate: job.clientCertificate,
        addressFamily: request.addressFamily, connectTo: job.connectTo,
        acceptCompressed: request.acceptCompressed, version: request.version, userAgent: request.userAgent,
        wantCertificates: request.wantCertificates, isCertificateLeg: job.isCertificateLeg,
        keepAlive: request.keepAlive && !job.isCertificateLeg),
      url: job.url, headers: job.headers,
      timeoutMilliseconds: max(1, Int(timeout.milliseconds)),
      connectTimeoutMilliseconds: max(1, Int((request.connectTimeout ?? timeout).milliseconds)))
    apply(options)
  }

  private func apply(_ new: Options) {
    let old = applied?.rare == new.rare ? applied : nil
    if old == nil {
      curl_easy_reset(easy)
      applyBase()
      apply(new.rare)
    }
    if old?.url != new.url { fw_easy_set_string(easy, CURLOPT_URL, new.url) }
    if old?.timeoutMilliseconds != new.timeoutMilliseconds {
      fw_easy_set_long(easy, CURLOPT_TIMEOUT_MS, new.timeoutMilliseconds)
    }
    if old?.connectTimeoutMilliseconds != new.connectTimeoutMilliseconds {
      fw_easy_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, new.connectTimeoutMilliseconds)
    }
    if old?.headers != new.headers { apply(new.headers, hasBody: !new.rare.body.isEmpty) }
    applied = new
  }

  /// What holds for every request.
  private func applyBase() {
    let me = Unmanaged.passUnretained(self).toOpaque()
    fw_easy_set_pointer(easy, CURLOPT_PRIVATE, me)
    fw_easy_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
    fw_easy_set_data_callback(easy, CURLOPT_WRITEFUNCTION) { data, size, count, context in
      guard let data, let context else { return 0 }
      let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
      return transfer.receiveBody(UnsafeRawBufferPointer(start: data, count: size * count))
    }
    fw_easy_set_pointer(easy, CURLOPT_WRITEDATA, me)
    fw_easy_set_data_callback(easy, CURLOPT_HEADERFUNCTION) { data, size, count, context in
      guard let data, let context else { return 0 }
      let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
      return transfer.receiveHeader(UnsafeRawBufferPointer(start: data, count: size * count))
    }
    fw_easy_set_pointer(easy, CURLOPT_HEADERDATA, me)
    // The table outlives every handle and connection: the loop frees it last.
    let table = Unmanaged.passUnretained(sockets).toOpaque()
    fw_easy_set_open_callback(easy) { context, _, address in
      guard let context, let address else { return CURL_SOCKET_BAD }
      return Unmanaged<SocketTable>.fromOpaque(context).takeUnretainedValue().open(address.pointee)
    }
    fw_easy_set_pointer(easy, CURLOPT_OPENSOCKETDATA, table)
    fw_easy_set_close_callback(easy) { context, socket in
      guard let context else { return -1 }
      return Unmanaged<SocketTable>.fromOpaque(context).takeUnretainedValue().closed(socket)
    }
    fw_easy_set_pointer(easy, CURLOPT_CLOSESOCKETDATA, table)
    // libcurl sets its connect time only when TLS stands, too; this is called when TCP does.
    fw_easy_set_tls_callback(easy) { _, _, context in
      guard let context else { return CURLE_OK }
      Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().tlsBegins()
      return CURLE_OK
    }
    fw_easy_set_pointer(easy, CURLOPT_SSL_CTX_DATA, me)
    fw_easy_set_long(easy, CURLOPT_NOSIGNAL, 1)
    fw_easy_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
    fw_easy_set_string(easy, CURLOPT_NOPROXY, "*")
    // Without a directory of certificates libcurl parses the file once and keeps it for so many seconds, instead of
    // once per connection (several ms).
    fw_easy_set_string(easy, CURLOPT_CAPATH, nil)
    fw_easy_set_long(easy, CURLOPT_CA_CACHE_TIMEOUT, 300)
    // A resumed session skips the certificate check; a probe must not.
    fw_easy_set_long(easy, CURLOPT_SSL_SESSIONID_CACHE, 0)
    fw_easy_set_long(
      easy, CURLOPT_MAXLIFETIME_CONN, max(1, Int(settings.connectionLifetime.milliseconds / 1000)))
    // Addresses are looked up for every new connection: the answer is what is being watched.
    fw_easy_set_long(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0)
    // A resolver thread that hangs is left behind; otherwise giving up on one name would stop all requests.
    fw_easy_set_long(easy, CURLOPT_QUICK_EXIT, 1)
  }

  private func apply(_ rare: Options.Rare) {
    switch rare.method {
    case "GET" where rare.body.isEmpty: break
    case "HEAD": fw_easy_set_long(easy, CURLOPT_NOBODY, 1)
    default:
      if !rare.body.isEmpty || rare.method == "POST" {
        fw_easy_set_long(easy, CURLOPT_POST, 1)
        fw_easy_set_long(easy, CURLOPT_POSTFIELDSIZE, rare.body.count)
        _ = rare.body.withUnsafeBytes { fw_easy_set_bytes(easy, CURLOPT_COPYPOSTFIELDS, $0.baseAddress) }
      }
      if rare.method != "POST" { fw_easy_set_string(easy, CURLOPT_CUSTOMREQUEST, rare.method) }
    }
    if !rare.verifyPeer {
      fw_easy_set_long(easy, CURLOPT_SSL_VERIFYPEER, 0)
      fw_easy_set_long(easy, CURLOPT_SSL_VERIFYHOST, 0)
    }
    if let caFile = rare.caFile { fw_easy_set_string(easy, CURLOPT_CAINFO, caFile) }
    if let certificate = rare.clientCertificate {
      fw_easy_set_string(easy, CURLOPT_SSLCERT, certificate.certificateFile)
      fw_easy_set_string(easy, CURLOPT_SSLKEY, certificate.keyFile)
    }
    switch rare.addressFamily {
    case .any: break
    case .ipv4: fw_easy_set_long(easy, CURLOPT_IPRESOLVE, Int(CURL_IPRESOLVE_V4))
    case .ipv6: fw_easy_set_long(easy, CURLOPT_IPRESOLVE, Int(CURL_IPRESOLVE_V6))
    }
    curl_slist_free_all(connectList)
    connectList = nil
    if let connectTo = rare.connectTo {
      connectList = curl_slist_append(nil, connectTo)
      fw_easy_set_list(easy, CURLOPT_CONNECT_TO, connectList)
    }
    if rare.acceptCompressed { fw_easy_set_string(easy, CURLOPT_ACCEPT_ENCODING, "") }
    let version =
      switch rare.version {
      case .http11: CURL_HTTP_VERSION_1_1
      case .http2: CURL_HTTP_VERSION_2TLS
      case .http2Only:
        job?.target?.scheme == "https" ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE
      }
    fw_easy_set_long(easy, CURLOPT_HTTP_VERSION, version)
    fw_easy_set_string(easy, CURLOPT_USERAGENT, rare.userAgent ?? settings.userAgent)
    if rare.wantCertificates { fw_easy_set_long(easy, CURLOPT_CERTINFO, 1) }
    if rare.isCertificateLeg { fw_easy_set_long(easy, CURLOPT_CONNECT_ONLY, 1) }
    if !rare.keepAlive {
      fw_easy_set_long(easy, CURLOPT_FRESH_CONNECT, 1)
      fw_easy_set_long(easy, CURLOPT_FORBID_REUSE, 1)
    }
  }

  private func apply(_ headers: [HTTPHeader], hasBody: Bool) {
    var list: UnsafeMutablePointer<curl_slist>?
    for header in headers {
      // libcurl's own notation: `Name;` sends an empty value, `Name:` would send nothing.
      let line = header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)"
      list = curl_slist_append(list, line) ?? list
    }
    // Waiting for "100 Continue" would add a second where a server ignores it.
    if hasBody { list = curl_slist_append(list, "Expect:") ?? list }
    fw_easy_set_list(easy, CURLOPT_HTTPHEADER, list)
    curl_slist_free_all(headerList)
    headerList = list
  }

  private func tlsBegins() { connectedAfter = (SystemTime().monotonic - startedAt).inSeconds }

  private func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Int {
    bodyBytes += bytes.count
    if let receiving = job?.receiving, (200..<300).contains(long(CURLINFO_RESPONSE_CODE)) {
      receiving(bytes)
      return bytes.count
    }
    let room = bodyLimit - body.count
    if room > 0 { body.append(contentsOf: bytes.prefix(room)) }
    guard bodyBytes <= readLimit else {
      isBodyTooLarge = true
      return 0
    }
    return bytes.count
  }

  private func receiveHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
    headerBytesTotal += bytes.count
    guard headerBytesTotal <= settings.maximumHeaderBytes else {
      isHeaderTooLarge = true
      return 0
    }
    // A status line begins a new block: only the last one is the answer's, those before are 1xx.
    if bytes.starts(with: "HTTP/".utf8) { headerBytes.removeAll(keepingCapacity: true) }
    headerBytes.append(contentsOf: bytes)
    return bytes.count
  }

  /// What the leg brought; call before the handle leaves the multi handle.
  func readLeg(_ code: CURLcode, remembering memory: inout CertificateMemory, now: MonotonicInstant) -> Leg {
    var leg = Leg()
    leg.body = body
    body = []
    leg.bodyBytesTotal = bodyBytes
    leg.bodyTruncated = isBodyTooLarge
    leg.headers = HTTPHeaders(raw: headerBytes)
    let status = long(CURLINFO_RESPONSE_CODE)
    leg.status = status > 0 ? status : nil
    var length: curl_off_t = -1
    fw_easy_get_offset(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length)
    leg.contentLength = length >= 0 ? length : nil
    leg.httpVersion = version(long(CURLINFO_HTTP_VERSION))
    leg.reusedConnection = long(CURLINFO_NUM_CONNECTS) == 0
    leg.phases = phases(reused: leg.reusedConnection, hasStatus: leg.status != nil, code)
    if leg.reusedConnection ? leg.status != nil : leg.phases.connect != nil {
      leg.primaryAddress = string(CURLINFO_PRIMARY_IP)
    }
    if status >= 300, status < 400 { leg.redirectURL = string(CURLINFO_REDIRECT_URL) }
    if let applied, applied.rare.wantCertificates, job?.target?.scheme == "https" {
      leg.certificates = readCertificates(code, leg.reusedConnection, &memory, now)
    }
    leg.failure = failure(code, leg)
    return leg
  }

  private func readCertificates(
    _ code: CURLcode, _ reused: Bool, _ memory: inout CertificateMemory, _ now: MonotonicInstant
  ) -> CertificateChain? {
    let connection = CertificateMemory.Connection(
      localPort: long(CURLINFO_LOCAL_PORT), address: string(CURLINFO_PRIMARY_IP) ?? "",
      port: long(CURLINFO_PRIMARY_PORT))
    if reused { return memory.chain(of: connection) }
    var info: UnsafeMutablePointer<curl_certinfo>?
    guard fw_easy_get_certificates(easy, &info) == CURLE_OK, let info,
      let chain = CertificateChain(
        info.pointee, verified: applied?.rare.verifyPeer == true && code == CURLE_OK)
    else { return nil }
    if applied?.rare.keepAlive == true { memory.remember(chain, of: connection, now: now) }
    return chain
  }

  private func phases(reused: Bool, hasStatus: Bool, _ code: CURLcode) -> HTTPPhases {
    var phases = HTTPPhases()
    let resolved = seconds(CURLINFO_NAMELOOKUP_TIME_T)
    let connected = seconds(CURLINFO_CONNECT_TIME_T)
    let secured = seconds(CURLINFO_APPCONNECT_TIME_T)
    if !reused {
      if resolved > 0 { phases.resolve = resolved }
      if let connected = connected > 0 ? connected : connectedAfter {
        phases.connect = max(0, connected - resolved)
      }
      if secured > 0 { phases.tls = max(0, secured - connected) }
    }
    let sent = seconds(CURLINFO_PRETRANSFER_TIME_T)
    let answered = seconds(CURLINFO_STARTTRANSFER_TIME_T)
    if hasStatus, answered > 0 {
      phases.processing = max(0, answered - sent)
      if code == CURLE_OK || isBodyTooLarge {
        phases.transfer = max(0, seconds(CURLINFO_TOTAL_TIME_T) - answered)
      }
    }
    return phases
  }

  private func failure(_ code: CURLcode, _ leg: Leg) -> HTTPFailure? {
    if isHeaderTooLarge {
      return HTTPFailure(.protocolError, "more than \(settings.maximumHeaderBytes) bytes of headers")
    }
    if isBodyTooLarge {
      guard job?.request.failBeyondReadLimit == true else { return nil }
      return HTTPFailure(.bodyTooLarge, "the body is larger than \(readLimit) bytes")
    }
    guard code != CURLE_OK else { return nil }
    let said = String(cString: errorText)
    let detail = said.isEmpty ? String(cString: curl_easy_strerror(code)) : said
    let hasConnected = leg.phases.connect != nil || leg.reusedConnection
    let reason = failureReason(
      code, systemError: CInt(long(CURLINFO_OS_ERRNO)), verification: long(CURLINFO_SSL_VERIFYRESULT),
      detail: detail, hasConnected: hasConnected)
    return HTTPFailure(reason, job?.target?.redact(detail) ?? detail)
  }

  private func long(_ info: CURLINFO) -> Int {
    var value = 0
    fw_easy_get_long(easy, info, &value)
    return value
  }

  private func seconds(_ info: CURLINFO) -> Double {
    var microseconds: curl_off_t = 0
    fw_easy_get_offset(easy, info, &microseconds)
    return Double(microseconds) / 1e6
  }

  private func string(_ info: CURLINFO) -> String? {
    var value: UnsafePointer<CChar>?
    guard fw_easy_get_string(easy, info, &value) == CURLE_OK, let value, value.pointee != 0 else {
      return nil
    }
    return String(cString: value)
  }

  private func version(_ raw: Int) -> Double? {
    switch raw {
    case CURL_HTTP_VERSION_1_0: 1.0
    case CURL_HTTP_VERSION_1_1: 1.1
    case CURL_HTTP_VERSION_2_0: 2
    case CURL_HTTP_VERSION_3: 3
    default: nil
    }
  }
}
