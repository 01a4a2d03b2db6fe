import Collecting
import Model
import Backups
import Testing

private let now = Timestamp(year: 2026, month: 6, day: 15, hour: 12)

private func settings(_ change: (inout DirectoryBackupSettings) -> Void = { _ in }) throws
  -> DirectoryBackupSettings
{
  var settings = DirectoryBackupSettings(
    job: "orders", region: "eu-west-1", path: "/backups", match: try Glob("*"), every: .seconds(86_400))
  change(&settings)
  return settings
}

/// A good backup of `hours` before noon, named for its time unless told otherwise.
private func file(
  _ hours: Double, size: UInt64 = 1000, content: BackupContent = .good, name: String? = nil,
  modified: Double? = nil,
  seen: Double = 1000
) -> BackupFile {
  let time = now - .seconds(hours * 3600)
  let c = time.civil
  let stamp =
    padded(c.year, 4) + padded(c.month, 2) + padded(c.day, 2) + "T" + padded(c.hour, 2) + padded(c.minute, 2)
    + padded(c.second, 2)
  return BackupFile(
    name: name ?? "b_\(stamp).gz", size: size, modified: now - .seconds((modified ?? hours) * 3600),
    firstSeen: now - .seconds(seen), content: content)
}

extension BackupSeries {
  static func assess(_ files: [BackupFile], _ settings: DirectoryBackupSettings, now: Timestamp)
    -> BackupAssessment
  {
    assess(files, settings.basics, settings.naming, now: now)
  }
}

@Suite struct BackupSeriesTests {
  @Test func anEmptyDirectoryIsTrueZeroAndUnknown() throws {
    let found = BackupSeries.assess([], try settings(), now: now)
    #expect(found == BackupAssessment())
    #expect(found.lastSuccess == nil && found.retained == 0)
  }

  @Test func theNewestGoodOneCountsAndTheNewestIsTheAttempt() throws {
    let files = [file(50, size: 800), file(2, content: .bad(.truncated)), file(26, size: 1200)]
    let found = BackupSeries.assess(files, try settings(), now: now)
    #expect(found.lastSuccess == now - .seconds(26 * 3600))
    #expect(found.lastAttempt == now - .seconds(2 * 3600))
    #expect(found.lastSize == 1200)
    #expect(found.sizeRatio == 1.5)
    #expect(found.retained == 2)
    #expect(found.totalSize == 3000)
    #expect(found.oldestRestorable == now - .seconds(50 * 3600))
    #expect(found.rejections == [1: .truncated])
    #expect(found.gaps == 0)
  }

  @Test func whatIsNotVerifiedIsRetainedButNoSuccess() throws {
    let files = [
      file(1, content: .unverified), file(25), file(49, content: .unverified), file(2, content: .unverified),
    ]
    let found = BackupSeries.assess(files, try settings(), now: now)
    #expect(found.lastSuccess == now - .seconds(25 * 3600))
    #expect(found.retained == 4)
    #expect(found.unverified == 3)
    #expect(found.wanted == [0, 3])
    #expect(found.older == [2])
  }

  @Test(arguments: [
    (file(1, size: 0), BackupRejection.empty), (file(1, size: 99), .tooSmall),
    (file(0.001, seen: 3), .settling), (file(-1), .future),
    (file(1, content: .bad(.noTrailer)), .noTrailer), (file(1, content: .bad(.notAFile)), .notAFile),
    // A file that is being written is settling whatever else is wrong with it.
    (file(0.001, size: 0, seen: 3), .settling),
  ])
  func rejections(file: BackupFile, reason: BackupRejection) throws {
    let found = BackupSeries.assess([file], try settings { $0.minimumSize = 100 }, now: now)
    #expect(found.rejections == [0: reason])
    #expect(found.count(reason) == 1)
    #expect(found.lastSuccess == nil)
  }

  @Test func aClockAheadDoesNotLookLikeWritingForEver() throws {
    // Modified 100 s ahead of us (allowed), but unchanged since we first saw it an hour ago.
    let ahead = file(1, name: "latest.gz", modified: -100 / 3600, seen: 3600)
    #expect(BackupSeries.assess([ahead], try settings(), now: now).lastSuccess == now + .seconds(100))
  }

  @Test func aCopyThatRewroteTheTimeIsJudgedByItsName() throws {
    let found = BackupSeries.assess([file(24 * 30, modified: 1)], try settings(), now: now)
    #expect(found.lastSuccess == now - .seconds(30 * 86_400))
    #expect(found.timeDisagreements == 1)
  }

  @Test func aNameInTheFutureIsJudgedByModificationAndReported() throws {
    let found = BackupSeries.assess([file(-48, modified: 1)], try settings(), now: now)
    #expect(found.lastSuccess == now - .seconds(3600))
    #expect(found.timeDisagreements == 1)
    #expect(found.clockSkew == .seconds(48 * 3600))
  }

  @Test func namesInLocalTimeAreCorrectedByTheirOffset() throws {
    let local = file(-2, modified: 0.1)
    let found = BackupSeries.assess([local], try settings { $0.naming.offset = .seconds(3 * 3600) }, now: now)
    #expect(found.lastSuccess == now - .seconds(3600))
    #expect(found.clockSkew == .zero)
  }

  @Test func aDayInTheNameIsNarrowedByTheModification() throws {
    let dated = try settings { $0.naming.timeFormat = try? BackupTimeFormat("%Y-%m-%d") }
    let sameDay = file(1, name: "b-2026-06-15.gz")
    #expect(
      BackupSeries.assess([sameDay], dated.basics, dated.naming, now: now).lastSuccess == now - .seconds(3600)
    )
    let copied = file(1, name: "b-2026-05-15.gz")
    let found = BackupSeries.assess([copied], dated.basics, dated.naming, now: now)
    #expect(found.lastSuccess == Timestamp(year: 2026, month: 5, day: 15))
    #expect(found.timeDisagreements == 1)
    #expect(BackupSeries.assess([file(1, name: "other.gz")], dated, now: now).rejections == [0: .name])
  }

  @Test func gapsCountInsideTheWindowOnly() throws {
    // Daily, with days 3 and 5 missing, and an old gap of a month.
    let days: [Double] = [0.5, 1.5, 2.5, 4.5, 6.5, 40]
    let files = days.map { file($0 * 24) }
    #expect(BackupSeries.assess(files, try settings(), now: now).gaps == 3)
    #expect(
      BackupSeries.assess(files, try settings { $0.gapWindow = .seconds(5 * 86_400) }, now: now).gaps == 2)
    #expect(BackupSeries.assess(files, try settings { $0.gapWindow = .seconds(86_400) }, now: now).gaps == 0)
    // 36 hours exactly are no gap.
    #expect(BackupSeries.assess([file(1), file(37)], try settings(), now: now).gaps == 0)
    // A file known to be bad does not fill one.
    let filled = [file(1), file(25, content: .bad(.corrupt)), file(49)]
    #expect(BackupSeries.assess(filled, try settings(), now: now).gaps == 1)
  }

  @Test func aSuddenlySmallBackupIsRejectedAndALastingChangeHeals() throws {
    let ratio = try settings {
      $0.sizeRatio = 0.5...2
      $0.medianOf = 3
    }
    let sizes: [UInt64] = [1000, 1010, 1020, 100]
    let small = sizes.enumerated().map { file(Double(24 * (10 - $0.offset)), size: $0.element) }
    let found = BackupSeries.assess(small, ratio.basics, ratio.naming, now: now)
    #expect(found.rejections == [3: .sizeRatio])
    #expect(found.lastSize == 1020)
    let lasting = (sizes + [100, 100]).enumerated().map {
      file(Double(24 * (10 - $0.offset)), size: $0.element)
    }
    #expect(
      BackupSeries.assess(lasting, ratio.basics, ratio.naming, now: now).rejections == [
        3: .sizeRatio, 4: .sizeRatio,
      ])
    #expect(BackupSeries.assess(lasting, ratio.basics, ratio.naming, now: now).lastSize == 100)
    // Too little history to reject by.
    let short = [file(48, size: 1000), file(24, size: 10)]
    #expect(BackupSeries.assess(short, ratio.basics, ratio.naming, now: now).sizeRatio == 0.01)
  }

  @Test func theOrderOfTheDirectoryDoesNotMatter() throws {
    let files = (0..<20).map { file(Double($0 * 24), size: UInt64(1000 + $0)) }
    let straight = BackupSeries.assess(files, try settings(), now: now)
    let reversed = BackupSeries.assess(files.reversed(), try settings(), now: now)
    #expect(straight == reversed)
    #expect(straight.retained == 20)
  }
}
