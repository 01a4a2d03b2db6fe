package import Model
internal import RowCoding

extension PagingDesk {
  /// A row of the database as it was read.
  package typealias StoredRow = (table: StateChange.Table, key: String, value: [UInt8])

  /// A desk that goes on where `rows` left off: rows of the tables `.paged`, `.groups` and `.silences`. What cannot be
  /// read is left alone and named in ``restoreProblems``.
  ///
  /// Nothing is told before ``releaseStartHold()``, or before ``PagingSettings/startHold`` is over.
  package static func start(
    settings: PagingSettings, restoring rows: [StoredRow], at time: Moment
  ) -> PagingDesk {
    let silences = SilenceBook(
      restoring: rows.filter { $0.table == .silences }.map { ($0.key, $0.value) })
    let desk = PagingDesk(settings: settings, silences: silences, monotonic: time.monotonic)
    desk.restoreProblems += silences.problems
    desk.restoreAlerts(rows, time)
    desk.restoreGroups(rows, time)
    desk.regroup(time)
    for identity in desk.records.keys { desk.settleSuppression(of: identity, time) }
    // What held back before the stop was written down then.
    desk.decisions.journal = []
    for (identity, record) in desk.records where record.direct?.isDue ?? false {
      desk.directDue.append(identity)
    }
    for key in desk.groups.keys { desk.reviews.set(key, at: time.monotonic) }
    desk.nextWindowChange = time.monotonic
    return desk
  }

  private func restoreAlerts(_ rows: [StoredRow], _ time: Moment) {
    for row in rows where row.table == .paged {
      guard let stored = try? RowCoding.decode(AlertRecordRow.self, row.value),
        stored.version == AlertRecordRow.currentVersion, stored.event.identity == row.key
      else {
        restoreProblems.append("alert row \(quoted(row.key)) of paging cannot be read")
        continue
      }
      var record = stored.record
      if record.source == .posted {
        postedCount += 1
        if record.isFiring {
          if record.isRefreshed {
            // Its poster gets as much time as if it had posted it just now.
            record.expiresAt = max(
              record.expiresAt ?? time.now, time.now + settings.resolveTimeout + settings.silentPosterLimit)
          }
          expiries.set(row.key, at: time.monotonic(ofNext: record.expiresAt ?? time.now))
        }
      }
      if record.isFiring { _ = inhibitor.fires(identity: row.key, labels: record.event.labels) }
      records[row.key] = record
    }
  }

  private func restoreGroups(_ rows: [StoredRow], _ time: Moment) {
    for row in rows where row.table == .groups {
      guard let stored = try? RowCoding.decode(PageGroupRow.self, row.value),
        stored.version == PageGroupRow.currentVersion
      else {
        restoreProblems.append("group row \(quoted(row.key)) of paging cannot be read")
        continue
      }
      var group = PageGroup(
        key: row.key, row: stored, route: tree.route(id: stored.routeID, topic: stored.topic),
        createdAt: time.monotonic)
      for identity in stored.told.firing.keys {
        guard records[identity] != nil else {
          // Its alert's row was lost; nothing can be told of it any more.
          group.told.firing[identity] = nil
          continue
        }
        group.members.insert(identity)
        records[identity]?.groups.append(row.key)
      }
      groups[row.key] = group
    }
  }
}
