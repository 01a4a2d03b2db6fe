import FarwatchTesting
import Foundation

/// Two thousand databases, each a connection string of its own to one real PostgreSQL, twenty of which fall silent.
///
/// What is in flight is counted where it arrives, by the server, fifty times a second.
struct DatabaseTargetsBenchmark {
  static let name = "database-targets"
  private static let targets = 2000
  private static let silent = 20
  private static let interval = 10
  /// What a query takes on the server: long enough to be seen there.
  private static let querySeconds = 0.2
  /// The first round takes nearly seven seconds with 64 at a time. A run that finds its slot just before its time-out
  /// is given up under way, and what the server then finishes for nobody would be counted.
  private static let timeout = 9
  private let choice: Choice

  init(_ choice: Choice) { self.choice = choice }

  func run() async throws {
    let directory = try TemporaryDirectory("farwatch-bench", mode: 0o755)
    let server = try await PostgresServer.primary(settings: "max_connections = \(Self.targets + 100)")
    try await server.sql(Self.counter)
    let proxy = try FaultyProxy(to: server.port)
    defer { proxy.stop() }
    let configuration = try configuration(server, proxy, directory)
    // The first round is the hardest: nobody is connected, and all are due within seconds.
    async let mostAtFirst = server.sql("SELECT most_in_flight(25)")
    let daemon = try await FarwatchDaemon(
      binary: choice.binary, configuration: configuration, rules: "groups: []\n", in: directory)
    defer { daemon.stop() }
    let mostInFirstRound = try await number(mostAtFirst)
    proxy.freeze()
    try await Task.sleep(for: .seconds(2 * Self.interval + 2))

    let since = try await server.sql("SELECT clock_timestamp()")
    async let mostLater = server.sql("SELECT most_in_flight(\(2 * Self.interval))")
    let cpu = try ProcessUse.cpuSeconds([daemon.pid])
    let start = RequestLog.now
    var threads: [Double] = []
    while RequestLog.now < start + Double(2 * Self.interval) {
      threads.append(Double(try ProcessUse.threads(daemon.pid)))
      try await Task.sleep(for: .milliseconds(20))
    }
    let cores = (try ProcessUse.cpuSeconds([daemon.pid]) - cpu) / (RequestLog.now - start)
    let memory = try ProcessUse.residentMegabytes([daemon.pid])
    let most = try await number(mostLater)
    let connections = try await number(
      server.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'c%'"))
    let anew = try await number(
      server.sql(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'c%' AND backend_start > '\(since)'"
      ))
    guard let page = fetch(daemon.port, "/metrics").map({ MetricsText($0.body) }) else {
      throw BenchError("no metrics page")
    }

    let load =
      "\(Self.targets) PostgreSQL checks every \(Self.interval) s, \(Self.silent) of them silent"
    say(ResultLine(name: Self.name, what: "cores, \(load)", ours: [cores]).text)
    say(ResultLine(name: "\(Self.name)-mem", what: "MB resident, \(load)", ours: [memory]).text)
    for (part, what, value) in [
      ("first", "in the first round", mostInFirstRound), ("fly", "later", most),
    ] {
      say(
        ResultLine(
          name: "\(Self.name)-\(part)", what: "queries at once at the server \(what)", ours: [value],
          goal: "≤ 64"
        ).text)
    }
    say(
      ResultLine(
        name: "\(Self.name)-open", what: "connections of the \(Self.targets - Self.silent) that answer",
        ours: [connections], goal: "\(Self.targets - Self.silent)"
      ).text)
    say(
      ResultLine(
        name: "\(Self.name)-new", what: "connections made in the last \(2 * Self.interval) s of them",
        ours: [anew], goal: "0"
      ).text)
    say(
      ResultLine(
        name: "\(Self.name)-thr", what: "threads of the daemon", ours: threads,
        goal: "not one for each target; those that come and go look up names of silent targets"
      ).text)
    let (well, ill) = (page.count("probe_success", of: 1), page.count("probe_success", of: 0))
    say(
      ResultLine(
        name: "\(Self.name)-well",
        what: "targets well, and \(ill) not: \(page.states("farwatch_probe_failure_reason", "reason"))",
        ours: [Double(well)], goal: "\(Self.targets - Self.silent)"
      ).text)
  }

  private func number(_ text: String) throws -> Double {
    guard let number = Double(text) else { throw BenchError("no number: \(text)") }
    return number
  }

  private func configuration(
    _ server: PostgresServer, _ proxy: FaultyProxy, _ directory: TemporaryDirectory
  ) throws -> String {
    let checks = try (0..<Self.targets).map { number in
      let isSilent = number < Self.silent
      let file = try directory.write(
        "\(number).dsn",
        "host=127.0.0.1 port=\(isSilent ? proxy.port : server.port) dbname=postgres user=postgres "
          + "application_name=\(isSilent ? "s" : "c")\(number)\n")
      return "    - {name: d\(number), region: east, postgres: {dsn_file: \(file), query: "
        + "SELECT held(\(Self.querySeconds))}}"
    }
    return """
      vantage: bench
      regions: {east: {}}
      health:
        defaults: {interval: \(Self.interval)s, timeout: \(Self.timeout)s}
        checks:
      \(checks.joined(separator: "\n"))

      """
  }

  /// Each query holds a lock while it runs, and the list of locks is one moment's, which that of sessions is not.
  private static let counter = """
    CREATE FUNCTION held(seconds float8) RETURNS int LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM pg_advisory_xact_lock_shared(1);
      PERFORM pg_sleep(seconds);
      RETURN 1;
    END $$;
    CREATE FUNCTION most_in_flight(seconds int) RETURNS int LANGUAGE plpgsql AS $$
    DECLARE most int := 0; now int; until timestamptz := clock_timestamp() + seconds * interval '1 second';
    BEGIN
      WHILE clock_timestamp() < until LOOP
        SELECT count(*) INTO now FROM pg_locks WHERE locktype = 'advisory';
        most := greatest(most, now);
        PERFORM pg_sleep(0.02);
      END LOOP;
      RETURN most;
    END $$
    """
}
