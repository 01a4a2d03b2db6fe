internal import StatusView
internal import Terminal

/// `farwatch status`.
extension RunningFarwatch {
  static let statusPath = "/api/status"

  /// The status as text, or as the API's JSON, and the exit code that says it in one number.
  ///
  /// - Parameter width: columns of the terminal; nil: there is none.
  package func status(
    asJSON: Bool, width: Int?, colour: Bool
  ) throws(AskingFailure) -> (lines: [String], exitCode: Int32) {
    let body = try get(Self.statusPath)
    let status = try read(status: body)
    let code = status.judgement.rawValue
    if asJSON { return ([String(decoding: body, as: UTF8.self)], code) }
    return (lines(status, width: width, colour: colour), code)
  }

  /// For who has only the text: all of it.
  func lines(_ status: StatusAnswer, width: Int?, colour: Bool) -> [String] {
    let now = now()
    let all =
      [StatusLines.headline(status), StatusLines.origin(status, at: now)]
      + StatusLines.body(status, at: now, width: width, order: .configured)
    return all.map { $0.text(colour: colour, width: width) }
  }

  func askStatus() throws(AskingFailure) -> StatusAnswer { try read(status: try get(Self.statusPath)) }

  private func read(status body: [UInt8]) throws(AskingFailure) -> StatusAnswer {
    do throws(StatusAnswer.Fault) { return try StatusAnswer(json: body) } catch {
      throw AskingFailure("\(address) answered with something else than a status: is it a Farwatch?")
    }
  }
}
