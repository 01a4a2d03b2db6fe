internal import Glibc
internal import Model
internal import Threading

/// The loop of a ``DNSClient``. `@unchecked Sendable`: made on one thread and handed, before anything else can see it,
/// to the thread that runs it; everything here is confined to that one.
final class ResolverLoop: @unchecked Sendable {
  private struct Run {
    let query: DNSQuery
    let completion: DNSClient.Completion
    let start: MonotonicInstant
    let deadline: MonotonicInstant
    /// The answer over UDP was cut.
    var wasTruncated = false
    var resends = 0
    /// c-ares has cut an answer, and it was asked for again over a new channel.
    var wasCutByCarrier = false
  }

  private let mailbox: Mailbox
  private let time: any TimeSource
  /// For the next question to a server.
  private var channels: [ServerChannel.Key: ServerChannel] = [:]
  /// Those that questions are under way on; only they have sockets. Worn ones may be among them.
  private var busy: [ServerChannel] = []
  private var runs: [Int: Run] = [:]
  private var deadlines = MomentHeap<Int>()
  private var nextRun = 0
  private var system: (servers: [ResolverAddress], at: MonotonicInstant)?
  /// From this many on, idle ones go before another is made.
  private static let channelLimit = 1000
  private static let systemLifetime = Duration.seconds(30)

  init(_ mailbox: Mailbox, _ time: any TimeSource) throws(DNSFailure) {
    self.mailbox = mailbox
    self.time = time
    guard ServerChannel.isLibraryReady else { throw DNSFailure(.limit, "c-ares does not start") }
  }

  /// Returns when the client is gone.
  func run() {
    while true {
      let ready = wait()
      for letter in mailbox.empty() {
        switch letter {
        case .ask(let query, let completion): begin(query, completion)
        case .systemServers(let completion): completion(systemServers())
        case .stop: return stop()
        }
      }
      for (channel, socket) in ready { proceed(channel, socket) }
      for channel in busy { channel.processTime() }
      // What lands may be asked for again, over a channel that joins these.
      var place = 0
      while place < busy.count {
        land(busy[place])
        place += 1
      }
      expire()
      retireChannels()
    }
  }

  /// The sockets on which something happened.
  private func wait() -> [(ServerChannel, pollfd)] {
    var sockets = [pollfd(fd: mailbox.descriptor, events: Int16(POLLIN), revents: 0)]
    var watched: [ServerChannel] = []
    for channel in busy {
      for (socket, events) in channel.sockets {
        sockets.append(pollfd(fd: socket, events: events, revents: 0))
        watched.append(channel)
      }
    }
    guard poll(&sockets, nfds_t(sockets.count), pause()) > 0 else { return [] }
    return zip(watched, sockets.dropFirst()).filter { $1.revents != 0 }
  }

  /// Milliseconds until something is due; -1: nothing is.
  private func pause() -> Int32 {
    var least = deadlines.earliest.map { $0 - time.monotonic }
    for channel in busy {
      if let pause = channel.pause { least = min(least ?? pause, pause) }
    }
    guard let nanoseconds = least?.nanoseconds else { return -1 }
    return Int32(clamping: (max(0, nanoseconds) + 999_999) / 1_000_000)
  }

  private func proceed(_ channel: ServerChannel, _ socket: pollfd) {
    let events = Int32(socket.revents)
    // c-ares finds out about an error by reading or writing.
    let isBroken = events & (POLLERR | POLLHUP | POLLNVAL) != 0
    channel.process(
      socket.fd, readable: isBroken || events & POLLIN != 0, writable: isBroken || events & POLLOUT != 0)
  }

  // MARK: Questions

  private func begin(_ query: DNSQuery, _ completion: @escaping DNSClient.Completion) {
    guard runs.count < DNSClient.queryLimit else {
      return completion(
        .failure(DNSFailure(.limit, "more than \(DNSClient.queryLimit) questions are under way")))
    }
    let now = time.monotonic
    let run = Run(query: query, completion: completion, start: now, deadline: now + query.timeout)
    let number = nextRun
    nextRun += 1
    runs[number] = run
    deadlines.insert(number, at: run.deadline)
    send(number, run, over: query.transport)
  }

  private func send(_ number: Int, _ run: Run, over transport: DNSQuery.Transport) {
    let left = (run.deadline - time.monotonic).milliseconds
    let query = run.query
    // The whole time-out, though it may be TCP's second half: one channel serves all questions of a check.
    let timeout = Int32(clamping: max(1, query.timeout.milliseconds))
    let key = ServerChannel.Key(
      server: query.server, transport: transport, edns: query.edns || query.clientSubnet != nil,
      timeoutMilliseconds: timeout)
    guard left > 0 else { return }
    do throws(DNSFailure) {
      let channel = try channel(key)
      guard let id = channel.freeID() else {
        throw DNSFailure(.limit, "too many questions to \(query.server) are under way")
      }
      guard let packet = query.wire(id: id) else {
        throw DNSFailure(.configuration, "\(quoted(query.question.name)) is no name that can be asked for")
      }
      if !busy.contains(where: { $0 === channel }) { busy.append(channel) }
      channel.send(packet, id: id, query: number)
    } catch {
      finish(number, .failure(error))
    }
  }

  private func channel(_ key: ServerChannel.Key) throws(DNSFailure) -> ServerChannel {
    if let known = channels[key], !known.isWorn { return known }
    if channels.count >= Self.channelLimit { dropIdleChannels() }
    let made = try ServerChannel(key)
    channels[key] = made
    return made
  }

  private func land(_ channel: ServerChannel) {
    for landing in channel.takeLandings() {
      guard var run = runs[landing.query] else { continue }
      run.resends += landing.timeouts
      runs[landing.query] = run
      guard landing.status == 0 || !landing.answer.isEmpty else {
        finish(landing.query, .failure(failure(landing.status, run)))
        continue
      }
      read(landing, run, channel)
    }
  }

  private func read(_ landing: ServerChannel.Landing, _ run: Run, _ channel: ServerChannel) {
    let transport: DNSQuery.Transport = run.wasTruncated ? .tcp : run.query.transport
    do throws(DNSFormatError) {
      let message = try DNSMessage(wire: landing.answer)
      if !message.hasEDNS { channel.isWorn = true }
      // c-ares has compared id and question already; the name is compared as it is read here.
      guard message.question == run.query.question else {
        throw DNSFormatError("the answer is to another question")
      }
      if message.isTruncated, transport == .udp {
        var run = run
        run.wasTruncated = true
        runs[landing.query] = run
        return send(landing.query, run, over: .tcp)
      }
      let took = (time.monotonic - run.start).inSeconds
      finish(
        landing.query,
        .success(
          DNSReply(
            message: message, took: took, transport: transport, wasTruncated: run.wasTruncated,
            resends: run.resends)))
    } catch {
      channel.isWorn = true
      if transport == .udp, landing.answer.count == ServerChannel.plainPayload, !run.wasCutByCarrier {
        var run = run
        run.wasCutByCarrier = true
        runs[landing.query] = run
        return send(landing.query, run, over: .udp)
      }
      finish(
        landing.query,
        .failure(DNSFailure(.protocolError, "\(run.query.server) answers what is no DNS: \(error)")))
    }
  }

  private func failure(_ status: Int32, _ run: Run) -> DNSFailure {
    let isTCP = run.wasTruncated || run.query.transport == .tcp
    var failure = ServerChannel.failure(status, run.query.server, isTCP ? .tcp : .udp)
    if run.wasTruncated { failure.detail = "the answer is too long for UDP, and over TCP \(failure.detail)" }
    return failure
  }

  private func finish(_ number: Int, _ result: Result<DNSReply, DNSFailure>) {
    runs.removeValue(forKey: number)?.completion(result)
  }

  private func expire() {
    let now = time.monotonic
    while let earliest = deadlines.earliest, earliest <= now, let number = deadlines.removeEarliest() {
      guard let run = runs[number] else { continue }
      let limit = DurationText.format(run.query.timeout)
      let over = run.wasTruncated ? " over TCP (over UDP it was cut)" : ""
      finish(
        number, .failure(DNSFailure(.timeout, "no answer from \(run.query.server) within \(limit)\(over)")))
    }
  }

  /// What is idle leaves the busy ones, and goes for good when it is worn.
  private func retireChannels() {
    guard busy.contains(where: \.isIdle) else { return }
    for channel in busy where channel.isIdle && channel.isWorn {
      if channels[channel.key] === channel { channels[channel.key] = nil }
      channel.close()
    }
    busy.removeAll(where: \.isIdle)
  }

  private func dropIdleChannels() {
    for (key, channel) in channels where channel.isIdle && !busy.contains(where: { $0 === channel }) {
      channel.close()
      channels[key] = nil
    }
  }

  private func systemServers() -> [ResolverAddress] {
    let now = time.monotonic
    if let system, now - system.at < Self.systemLifetime { return system.servers }
    let servers = ServerChannel.systemServers()
    system = (servers, now)
    return servers
  }

  private func stop() {
    for channel in busy { channel.close() }
    for channel in channels.values { channel.close() }
    let ended = runs
    runs = [:]
    for run in ended.values { run.completion(.failure(DNSFailure(.other, "the client was closed"))) }
    for letter in mailbox.empty() {
      switch letter {
      case .ask(_, let completion): completion(.failure(DNSFailure(.other, "the client was closed")))
      case .systemServers(let completion): completion([])
      case .stop: break
      }
    }
  }
}
