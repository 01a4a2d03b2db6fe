extension WALPosition: HistoryPosition {}

/// When a PostgreSQL source had written how much WAL.
package typealias WALHistory = PositionHistory<WALPosition>
