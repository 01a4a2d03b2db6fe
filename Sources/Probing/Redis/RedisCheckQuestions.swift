package import Model
package import RedisClient

/// What one probe asks, and what the answers must be. Pure.
package struct RedisCheckQuestions: Sendable {
  private enum Question: Sendable {
    case ping, info, key, write, readBack, cluster, sentinelAddress, sentinelQuorum
  }

  private let settings: RedisCheckSettings
  private let canary: String
  private let questions: [Question]

  /// - Parameter canary: what is written; different in every probe.
  package init(_ settings: RedisCheckSettings, canary: String) {
    self.settings = settings
    self.canary = canary
    var questions = [Question.ping]
    if settings.sentinelMaster != nil { questions += [.sentinelAddress, .sentinelQuorum] }
    if settings.role != nil { questions.append(.info) }
    if settings.clusterMustBeOK { questions.append(.cluster) }
    if settings.key != nil { questions.append(.key) }
    if settings.writeKey != nil { questions += [.write, .readBack] }
    self.questions = questions
  }

  package var commands: [[String]] {
    let master = settings.sentinelMaster ?? ""
    return questions.map { question in
      switch question {
      case .ping: ["PING"]
      case .info: ["INFO", "replication"]
      case .key: ["GET", settings.key ?? ""]
      case .write: ["SET", settings.writeKey ?? "", canary, "PX", "\(settings.writeTTL.milliseconds)"]
      case .readBack: ["GET", settings.writeKey ?? ""]
      case .cluster: ["CLUSTER", "INFO"]
      case .sentinelAddress: ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", master]
      case .sentinelQuorum: ["SENTINEL", "CKQUORUM", master]
      }
    }
  }

  /// The first thing that is not as it should be.
  package func verdict(_ reply: RedisReply) -> Outcome.Verdict {
    guard reply.results.count == questions.count else {
      return .failure(.protocolError, detail: "\(questions.count) questions, \(reply.results.count) answers")
    }
    for (question, result) in zip(questions, reply.results) {
      do throws(RedisError) {
        if let problem = problem(question, try result.get()) {
          return .failure(problem.reason, detail: naming(settings.server.name, "\(problem)"))
        }
      } catch {
        let reason = error.code == "NOQUORUM" ? FailureReason.status : error.reason
        return .failure(reason, detail: naming(settings.server.name, "\(error)"))
      }
    }
    return .success
  }

  private func problem(_ question: Question, _ value: RedisValue) -> RedisError? {
    switch question {
    case .ping:
      return value.text == "PONG" ? nil : RedisError(.protocolError, "PING was not answered with PONG")
    case .info:
      let role = line("role", of: value) ?? "unknown"
      let found = role == "slave" ? "replica" : role
      guard let wanted = settings.role, found != wanted.rawValue else { return nil }
      return RedisError(.status, "is \(found.prefix(40)), expected \(wanted.rawValue)")
    case .cluster:
      let state = line("cluster_state", of: value) ?? "unknown"
      return state == "ok" ? nil : RedisError(.status, "cluster_state is \(state.prefix(40)), expected ok")
    case .key:
      guard let key = settings.key else { return nil }
      guard case .string(let bytes) = value else {
        return RedisError(.missing, "the key \(key) is not there")
      }
      guard let expected = settings.expected, bytes != Array(expected.utf8) else { return nil }
      return RedisError(.body, "the key \(key) does not hold what was expected")
    case .write:
      return value.text == "OK" ? nil : RedisError(.query, "the write was not confirmed")
    case .readBack:
      return value.text == canary ? nil : RedisError(.body, "what was written to the key was not read back")
    case .sentinelAddress:
      guard case .array(let parts) = value, parts.count == 2, let host = parts[0].text,
        let port = parts[1].text
      else {
        return RedisError(.missing, "the Sentinel knows no master \(settings.sentinelMaster ?? "")")
      }
      guard let expected = settings.sentinelAddress, expected != "\(host):\(port)" else { return nil }
      return RedisError(.status, "the master is at \(host):\(port), expected at \(expected)")
    case .sentinelQuorum: return nil
    }
  }

  /// The value of one line `name:value`.
  private func line(_ name: String, of value: RedisValue) -> String? {
    let lines = value.text?.split(whereSeparator: \.isNewline) ?? []
    return lines.first { $0.hasPrefix("\(name):") }.map { String($0.dropFirst(name.utf8.count + 1)) }
  }
}
