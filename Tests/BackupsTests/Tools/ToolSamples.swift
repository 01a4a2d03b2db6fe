import Model

@testable import Backups

/// Answers of backup tools, recorded from the real ones unless said otherwise.
enum ToolSamples {
  struct Sample: Sendable {
    let text: String
    let read: @Sendable ([UInt8]) -> Void
  }

  static let all = [
    Sample(text: pgBackRest) { _ = PgBackRestInfo.read($0, stanza: "main", repository: 1) },
    Sample(text: archive) { bytes in
      if case .success(let listing) = ArchiveListing.read(bytes) { _ = listing.segmentSize([]) }
    },
    Sample(text: restic) { _ = ResticSnapshots.read($0) },
    Sample(text: borg) { _ = BorgDialogue.read($0) },
    Sample(text: barman) { bytes in
      _ = BarmanDialogue.answer(ToolReply(output: bytes), "main").flatMap(BarmanDialogue.backups)
      _ = BarmanDialogue.answer(ToolReply(output: bytes), "main").flatMap(BarmanDialogue.checks)
    },
    Sample(text: walG) { _ = WALGDialogue.backups(ToolReply(output: $0)) },
    Sample(text: walShow) { _ = WALGDialogue.timelines($0) },
    Sample(text: velero) { bytes in
      guard let document = try? JSONText.parse(bytes) else { return }
      let settings = VeleroSettings(basics: basics(), program: ToolProgram(path: "/usr/bin/kubectl"))
      _ = VeleroDialogue.read(document, settings, at: .init(milliseconds: 1_795_291_748_000))
    },
  ]

  static let pgBackRest = """
    [{"archive":[{"database":{"id":1,"repo-key":1},"id":"15-1","max":"000000010000000000000007","min":\
    "000000010000000000000006"}],"backup":[{"archive":{"start":"000000010000000000000007","stop":\
    "000000010000000000000007"},"backrest":{"format":5,"version":"2.45"},"database":{"id":1,"repo-key":1},\
    "error":false,"info":{"delta":23213815,"repository":{"delta":23213815,"size":23213815},"size":23213815},\
    "label":"20261121-200908F","lsn":{"start":"0/700028","stop":"0/700100"},"prior":null,"reference":null,\
    "timestamp":{"start":1795291748,"stop":1795291757},"type":"full"}],"cipher":"none","db":[{"id":1,\
    "repo-key":1,"system-id":7710719326909119035,"version":"15"}],"name":"main","repo":[{"cipher":"none",\
    "key":1,"status":{"code":0,"message":"ok"}}],"status":{"code":0,"lock":{"backup":{"held":false}},\
    "message":"ok"}}]
    """

  static let archive = """
    {".":{"type":"path"},"0000000100000000":{"type":"path"},"0000000100000000/000000010000000000000006-\
    34182bd2bd7ed5d7846e5bc4288555e5a56646e2":{"type":"file","size":1048576,"time":1795291748},\
    "0000000100000000/000000010000000000000007.00000028.backup":{"type":"file","size":368,"time":1795291757},\
    "00000002.history":{"type":"file","size":41,"time":1795291760}}
    """

  static let restic = """
    [{"time":"2026-11-21T20:09:24.255316119Z","tree":"034efaff","paths":["/tmp/d"],"hostname":"h1","username":\
    "root","tags":["db"],"summary":{"total_bytes_processed":200000,"data_added":200707},"id":"97f88d3e2730bc90",\
    "short_id":"97f88d3e"}]
    """

  static let borg = """
    {"archives":[{"archive":"one","barchive":"one","id":"5e4fbfef","name":"one","start":\
    "2026-11-21T20:09:32.000000","time":"2026-11-21T20:09:32.000000"}],"encryption":{"mode":"repokey-blake2"},\
    "repository":{"id":"4d858e27","last_modified":"2026-11-21T20:09:32.000000","location":"/tmp/r"}}
    """

  /// Of Barman 3.4, as all of Barman here; the second backup was added by hand.
  static let barman = """
    {"main": [{"backup_id": "20261121T203525", "end_time": "Sat Nov 21 20:35:28 2026", "end_time_timestamp": \
    "1795293328", "retention_status": "-", "size": "28.5 MiB", "size_bytes": 29907264, "status": "DONE", \
    "tablespaces": [], "wal_size": "0 B", "wal_size_bytes": 0}, {"backup_id": "20261121T220000", "status": \
    "FAILED"}]}
    """

  static let barmanCheck = """
    {"main": {"archiver_errors": {"hint": "", "status": "OK"}, "backup_maximum_age": {"hint": "interval provided: \
    1 day, latest backup age: No available backups", "status": "FAILED"}, "wal_level": {"hint": "", "status": "OK"}}}
    """

  /// After WAL-G's source; no WAL-G can be had here.
  static let walG = """
    [{"backup_name":"base_000000010000000000000002","time":"2026-11-21T01:00:09Z","wal_file_name":\
    "000000010000000000000002","storage_name":"default","start_time":"2026-11-21T01:00:00.5Z","finish_time":\
    "2026-11-21T01:00:08.5Z","date_fmt":"%Y-%m-%dT%H:%M:%S.%fZ","hostname":"db","data_dir":"/data","pg_version":\
    150004,"start_lsn":33554472,"finish_lsn":33554704,"is_permanent":false,"system_identifier":\
    7710719326909119035,"uncompressed_size":23213815,"compressed_size":4000000},{"backup_name":\
    "base_000000010000000000000008_D_000000010000000000000002","time":"2026-11-21T02:00:09Z","wal_file_name":\
    "000000010000000000000008","start_time":"2026-11-21T02:00:00Z","finish_time":"2026-11-21T02:00:08Z",\
    "start_lsn":134217768,"finish_lsn":134218000,"uncompressed_size":24000000,"compressed_size":100000}]
    """

  static let walShow = """
    [{"id":1,"parent_id":0,"switch_point_lsn":0,"start_segment":"000000010000000000000002","end_segment":\
    "00000001000000000000000C","segments_count":9,"missing_segments":["000000010000000000000005",\
    "00000001000000000000000A"],"segment_range_size":11,"status":"LOST_SEGMENTS"}]
    """

  /// After the Backup object of Velero's API, version v1.
  static let velero = """
    {"apiVersion":"v1","kind":"List","items":[{"metadata":{"name":"daily-1","creationTimestamp":\
    "2026-11-20T01:00:00Z"},"spec":{"storageLocation":"default"},"status":{"phase":"Completed","startTimestamp":\
    "2026-11-20T01:00:01Z","completionTimestamp":"2026-11-20T01:05:00Z","expiration":"2026-12-20T01:00:00Z"}},\
    {"metadata":{"name":"daily-2","creationTimestamp":"2026-11-21T01:00:00Z"},"spec":{"storageLocation":"default"},\
    "status":{"phase":"PartiallyFailed","errors":2,"startTimestamp":"2026-11-21T01:00:01Z","completionTimestamp":\
    "2026-11-21T01:05:00Z"}},{"metadata":{"name":"old","creationTimestamp":"2026-10-01T01:00:00Z"},"spec":{},\
    "status":{"phase":"Completed","startTimestamp":"2026-10-01T01:00:01Z","completionTimestamp":\
    "2026-10-01T01:05:00Z","expiration":"2026-11-01T01:00:00Z"}},{"metadata":{"name":"now","creationTimestamp":\
    "2026-11-21T20:00:00Z"},"spec":{},"status":{"phase":"InProgress","startTimestamp":"2026-11-21T20:00:00Z"}}]}
    """
}
