using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Imports;
using Microsoft.Data.Sqlite;

namespace EtlTableOps.Sqlite;

/// <summary>Sorts result codes (manual: Result and Error Codes).</summary>
internal static class SqliteFailures
{
    private const int Constraint = 19, Mismatch = 20, TooBig = 18, Busy = 5, Locked = 6, Full = 13, Perm = 3, ReadOnly = 8, CantOpen = 14, Auth = 23, Interrupt = 9, ErrorSnapshot = 1 | (3 << 8);

    /// <summary>What a failure means to the runner.</summary>
    public static FailureKind Classify(Exception failure)
    {
        for (var e = failure; e is not null; e = e.InnerException)
        {
            if (e is EtlException { Code: ErrorCode.Cancelled } or OperationCanceledException) return FailureKind.Cancelled;
            if (e is BadValueException) return FailureKind.BadData;
            if (e is not SqliteException sqlite) continue;
            if (sqlite.SqliteExtendedErrorCode == ErrorSnapshot) return FailureKind.SnapshotGone;
            return sqlite.SqliteErrorCode switch
            {
                Busy or Locked => FailureKind.Busy,
                Full => FailureKind.NoSpace,
                Constraint or Mismatch or TooBig => FailureKind.BadData,
                Perm or ReadOnly or CantOpen or Auth => FailureKind.NotPermitted,
                Interrupt => FailureKind.Cancelled,
                _ => FailureKind.Fatal,
            };
        }
        return FailureKind.Fatal;
    }

    /// <summary>Whether somebody else's lock was the reason.</summary>
    public static bool IsBusy(SqliteException e) => e.SqliteErrorCode is Busy or Locked;
}
