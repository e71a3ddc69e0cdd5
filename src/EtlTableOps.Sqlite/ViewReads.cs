using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using EtlTableOps.Sqlite.Schema;
using SQLitePCL;

namespace EtlTableOps.Sqlite;

/// <summary>
/// Asks the library which columns of which tables a view reads: it tells its authorizer of each while it compiles a statement (manual:
/// Compile-Time Authorization Callbacks). Nothing is run.
/// </summary>
internal sealed unsafe class ViewReads(SqliteSession session)
{
    private const int Read = 20;

    /// <summary>The columns of a table that a view reads; null when the view does not compile.</summary>
    public IReadOnlySet<string>? ColumnsRead(string view, string table)
    {
        var seen = new List<(string Table, string Column)>();
        var handle = GCHandle.Alloc(seen);
        var database = session.Handle.DangerousGetHandle();
        try
        {
            SqliteNative.Authorize(database, &Note, GCHandle.ToIntPtr(handle));
            var rc = raw.sqlite3_prepare_v2(session.Handle, $"SELECT * FROM {SqliteDialect.Instance.Quote(view)}", out var statement);
            statement.Dispose();
            return rc == raw.SQLITE_OK ? seen.Where(s => SqliteNames.Same(s.Table, table)).Select(s => s.Column).ToHashSet(SqliteNames.Comparer) : null;
        }
        finally
        {
            SqliteNative.Authorize(database, null, 0);
            handle.Free();
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Note(nint state, int action, byte* first, byte* second, byte* database, byte* inner)
    {
        if (action == Read && first is not null && second is not null && GCHandle.FromIntPtr(state).Target is List<(string, string)> seen)
            seen.Add((Marshal.PtrToStringUTF8((nint)first)!, Marshal.PtrToStringUTF8((nint)second)!));
        return 0;
    }
}
