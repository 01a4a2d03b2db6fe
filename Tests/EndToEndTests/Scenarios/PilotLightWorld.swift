import FarwatchTesting
import Foundation
import Synchronization

/// A shop with a real MariaDB, dumped by the real mariadb-dump into a folder that a strict imitation of Azure's Blob
/// Storage serves; a front door, name servers and Route 53's account of the primary record.
final class PilotLightWorld: Sendable {
  static let key = Data((0..<64).map { UInt8($0) }).base64EncodedString()
  /// Minutes of the design are seconds here.
  static let factor = 60
  /// What is visited once when Farwatch is set up.
  private static let calendar = [
    "emergency-response", "database-recovery", "service-deployment", "drill-monthly", "drill-quarterly",
    "drill-yearly",
  ]
  let directory: TemporaryDirectory
  let pagers: ScenarioPagers
  let aws: TestRegion
  let database: MariaDBServer
  let front: SplitDoor
  let names: SteeredNames
  let route53: FakeRoute53
  let port: Int
  private let storage: (process: ChildProcess, port: Int)
  private let writer: ChildProcess
  private let dumps = Mutex<ChildProcess?>(nil)
  var log: String { directory.file("farwatch.log") }

  /// A list of blobs that is made anew from a folder each time.
  private static func container(_ folder: String) -> String {
    """
    import os
    from email.utils import formatdate
    class Folder:
      def sort(self, key=None): pass
      def __iter__(self):
        for name in sorted(os.listdir('\(folder)')):
          if not name.endswith('.gz') or name.startswith('.'): continue
          path = os.path.join('\(folder)', name)
          at = os.path.getmtime(path)
          yield (name, open(path, 'rb').read(), f'<Last-Modified>{formatdate(at, usegmt=True)}</Last-Modified>'
            f'<Etag>0x{int(at * 1000):X}</Etag>')
    blobs = Folder()
    """
  }

  init() async throws {
    directory = try TemporaryDirectory("farwatch-pilot-light")
    for folder in ["secrets", "blobs"] {
      try FileManager.default.createDirectory(
        atPath: directory.file(folder), withIntermediateDirectories: true)
    }
    pagers = try ScenarioPagers()
    aws = try TestRegion("aws")
    database = try await MariaDBServer.start(id: 1)
    try await database.sql(
      """
      USE app;
      CREATE TABLE visits (id bigint PRIMARY KEY AUTO_INCREMENT, at double, note char(40)) ENGINE=InnoDB;
      INSERT INTO visits (at, note) SELECT 0, sha1(seq) FROM seq_1_to_400;
      """)
    let insert = "INSERT INTO visits (at, note) VALUES (unix_timestamp(now(3)), sha1(rand()));"
    writer = try ChildProcess(
      [
        "sh", "-c", #"while :; do echo "$1"; sleep 0.2; done | mariadb --no-defaults -u root -S "$2" app"#,
        "w",
        insert, database.socket,
      ], output: .discarded)
    front = try SplitDoor([("aws-seoul", 1)], header: "X-Site")
    names = try await SteeredNames(["203.0.113.7": 1], in: directory)
    route53 = try FakeRoute53("11111111-2222-3333-4444-555555555555")
    storage = try await CloudFakes.azure(Self.container(directory.file("blobs")), key: Self.key)
    port = try freeLoopbackPort()
  }

  deinit {
    writer.stop()
    storage.process.stop()
    dumps.withLock { $0?.stop() }
  }

  /// The backup host: a dump every 5 seconds, which here stand for 5 minutes. While `broken` exists dumps lose their end.
  func startDumps() throws {
    let script = #"""
      cd "$1"
      while :; do
        curl -fsS -m 2 "$3/start" > /dev/null
        name=backup_$(date -u +%Y%m%d_%H%M%S).sql.gz
        cut=cat; [ -e ../broken ] && cut='head -c -60'
        mariadb-dump --no-defaults -u root -S "$2" --single-transaction app | $cut | gzip > .part && mv .part "$name"
        curl -fsS -m 2 "$3" > /dev/null
        sleep 4.8
      done
      """#
    let started = try ChildProcess(
      ["sh", "-c", script, "dumps", directory.file("blobs"), database.socket, ping("backup-host")],
      output: .file(directory.file("dumps.log")))
    dumps.withLock { $0 = started }
  }

  /// Where a script of the design reports.
  func ping(_ id: String) -> String { "http://127.0.0.1:\(port)/ping/\(id)" }

  func startFarwatch() async throws -> FarwatchProcess {
    for id in Self.calendar + ["backup-host"] {
      try directory.write("secrets/\(id).id", id + "\n", mode: 0o600)
    }
    try directory.write("secrets/azure-sas", "?sv=2020-10-02&sr=c&sp=rl&sig=a%2Bb%2Fc%3D\n", mode: 0o600)
    try directory.write(
      "secrets/aws", "[default]\naws_access_key_id = A\naws_secret_access_key = S\n", mode: 0o600)
    let file = try ShippedScenario("pilot-light").install(
      in: directory,
      [
        ("listen: 0.0.0.0:9797", "listen: 127.0.0.1:\(port)"), ("state: /var/lib/farwatch", "state: state"),
        ("https://farwatch.petclinic.example/", "http://127.0.0.1:\(port)/"),
        ("https://aws.petclinic.example/actuator/health", aws.url),
        ("https://drbackupstorage1234.blob.core.windows.net/", "http://127.0.0.1:\(storage.port)/"),
        ("account: drbackupstorage1234", "account: pilot\n      endpoint: http://127.0.0.1:\(storage.port)"),
        ("container: mysql-backups", "container: backups"),
        ("https://petclinic.example/", "http://127.0.0.1:\(front.port)/"),
        ("resolvers: [1.1.1.1, 8.8.8.8]", "resolvers: [\"127.0.0.1:\(names.port)\"]"),
        (
          "      shared_credentials_file: secrets/aws",
          "      shared_credentials_file: secrets/aws\n      endpoint: \(route53.endpoint)"
        ),
        ("protocol: https, endpoint: \"https://pager.petclinic.example/sns\"", endpoint(pagers.critical)),
        ("protocol: https, endpoint: \"https://chat.petclinic.example/sns\"", endpoint(pagers.warning)),
      ], strangers: ["petclinic.example/", "windows.net", "https://", "/var/"], faster: Self.factor,
      keys: ["interval", "every", "objective", "rpo"],
      rules: ["rules.yml", "backups.yml"])
    let daemon = try await FarwatchProcess.run(file, port: port, log: log)
    try startDumps()
    try await daemon.becomeReady()
    for id in Self.calendar { _ = await Web.get(ping(id)) }
    try await pagers.confirmed()
    return daemon
  }

  private func endpoint(_ receiver: WebhookReceiver) -> String {
    "protocol: http, endpoint: \"\(receiver.endpoint)\""
  }

  func becomeNormal(_ daemon: FarwatchProcess) async throws {
    let all = [
      Expected("farwatch_region_state", ["region": "aws", "state": "up"]),
      Expected("farwatch_region_state", ["region": "azure", "state": "up"]),
      Expected("farwatch_failover_state", ["region": "azure", "state": "ok"]),
      Expected("farwatch_checkin_state", ["check": "backup-host", "state": "up"]),
      Expected("farwatch_route53_health_check_healthy"),
      Expected("farwatch_steering_share", ["region": "aws"]),
      Expected("farwatch_workload_in_charge", ["region": "aws"]),
    ]
    try await Expected.wait(all, of: daemon, within: .seconds(60), log: log)
    try await waitUntil(timeout: .seconds(30), "two backups are there; \(log)") {
      await daemon.series("backup_retained", ["job": "mysql-dumps"]).map { $0 >= 2 } == true
    }
    guard pagers.told.isEmpty else { throw BenchError("pages in normal operation: \(pagers.told)") }
    guard pagers.warned.isEmpty else { throw BenchError("warnings in normal operation: \(pagers.warned)") }
  }

  func loseAWS() async throws {
    dumps.withLock { $0?.stop() }
    writer.stop()
    aws.down()
    front.fail("aws-seoul")
    route53.isHealthy = false
    try await database.kill()
  }

  /// The newest dump, fetched from the storage as restore-database.sh does, in a new server.
  func restore() async throws -> MariaDBServer {
    let server = try await MariaDBServer.start(id: 2)
    let names = try FileManager.default.contentsOfDirectory(atPath: directory.file("blobs"))
    guard let newest = names.filter({ $0.hasPrefix("backup_") }).max() else { throw BenchError("no dump") }
    let url = "http://127.0.0.1:\(storage.port)/backups/\(newest)?sv=2020-10-02&sr=c&sp=rl&sig=a%2Bb%2Fc%3D"
    try await ChildProcess.run([
      "sh", "-ec",
      #"curl -fsS -H 'x-ms-version: 2020-10-02' "$1" | gunzip | mariadb --no-defaults -u root -S "$2" app"#,
      "restore", url, server.socket,
    ])
    return server
  }
}
