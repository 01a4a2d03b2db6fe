import Model
import Backups
import Testing

@Suite struct BackupNameTests {
  @Test(arguments: [
    "backup_20260131-020304.sql.gz", "backup_20260131_020304.sql.gz", "backup-20260131T020304Z.sql.gz",
    "20260131020304.dump", "db-2026-01-31_02-03-04.sql", "db-2026-01-31T02:03:04.sql",
    "db 2026-01-31 02:03:04.sql", "db2026-01-31-02-03-04.sql", "backup_1769824984.gz", "v12_20260131020304",
  ])
  func commonFormsAreRecognised(name: String) {
    let wanted = Timestamp(year: 2026, month: 1, day: 31, hour: 2, minute: 3, second: 4)
    #expect(BackupTimeFormat.guess(in: name)?.start == wanted)
  }

  @Test(arguments: [
    "latest.sql.gz", "backup_20260131.sql", "backup_20261331-020304.sql", "backup_20260230-020304.sql",
    "backup_20260131-250304.sql", "id_123456789012345", "order_9999999999.sql", "",
  ])
  func otherNumbersAreNot(name: String) {
    #expect(BackupTimeFormat.guess(in: name) == nil)
  }

  @Test func aConfiguredFormatSaysWhatADateAloneSpans() throws {
    let format = try BackupTimeFormat("%d.%m.%Y")
    let found = format.find(in: "weekly-31.01.2026.tar")
    #expect(found?.start == Timestamp(year: 2026, month: 1, day: 31))
    #expect(found?.end == Timestamp(year: 2026, month: 2, day: 1))
    #expect(format.find(in: "weekly-31.01.20261") == nil)
    #expect(try BackupTimeFormat("at%s").find(in: "at1769824984x")?.start.milliseconds == 1_769_824_984_000)
  }

  @Test(arguments: ["%Y%m", "%H%M%S", "%Y%m%d%Q", "%Y%m%d%", "%Y%Y%m%d", ""])
  func badFormatsAreRefused(text: String) {
    #expect(throws: BackupTimeFormat.Failure.self) { try BackupTimeFormat(text) }
  }

  @Test(arguments: [
    ("backup_*.sql.gz", "backup_1.sql.gz", true), ("backup_*.sql.gz", "backup_.sql.gz", true),
    ("backup_*.sql.gz", "backup_1.sql.gz.tmp", false), ("backup_*.sql.gz", "xbackup_1.sql.gz", false),
    ("*", ".hidden", false), (".*", ".hidden", true), ("*.gz", "a.gz.gz", true), ("?b", "äb", true),
    ("?b", "b", false), ("[a-c]x", "bx", true), ("[!a-c]x", "bx", false), ("[]]x", "]x", true),
    ("a\\*b", "a*b", true), ("a\\*b", "axb", false), ("*a*b*c*", "xxaxxbxxcxx", true),
    ("*a*b*c", "abcd", false),
    ("[a-]", "-", true),
  ])
  func globs(pattern: String, name: String, matches: Bool) throws {
    #expect(try Glob(pattern).matches(name) == matches, "\(pattern) \(name)")
  }

  @Test(arguments: ["", "a/b", "[a", "a\\", "[z-a]"])
  func badGlobsAreRefused(text: String) {
    #expect(throws: Glob.Failure.self) { try Glob(text) }
  }

  @Test func anEvilGlobIsQuick() throws {
    let name = String(repeating: "a", count: 255)
    let glob = try Glob(String(repeating: "a*", count: 100) + "b")
    #expect(!glob.matches(name))
  }

  @Test(arguments: [
    (
      DumpTrailer.mysqldump,
      "/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;\n\n-- Dump completed on 2026-01-31  2:00:01\n", true
    ),
    (.mysqldump, "-- Dump completed\n", true),
    (.mysqldump, "INSERT INTO t VALUES ('-- Dump completed');\n", false),
    (.mysqldump, "-- Dump completed\n-- MariaDB dump 10.19\nINSERT INTO t VALUES (1", false),
    (.mysqldump, "", false),
    (.pgDump, "--\n-- PostgreSQL database dump complete\n--\n\n", true),
    (.pgDump, "--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict 8aBcD\n\n", true),
    (.pgDump, "--\n-- PostgreSQL database cluster dump complete\n--\n\n", true),
    (.pgDump, "--\n-- PostgreSQL database dump complete\n--\nCOPY t FROM stdin;\n1", false),
    (.custom("EOF"), "some EOF here", true), (.custom("EOF"), "EO", false), (.none, "", true),
  ])
  func trailers(trailer: DumpTrailer, tail: String, present: Bool) {
    #expect(trailer.isPresent(in: Array(tail.utf8)) == present)
  }
}
