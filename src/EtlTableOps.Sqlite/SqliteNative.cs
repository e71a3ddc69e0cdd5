using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace EtlTableOps.Sqlite;

/// <summary>
/// The few calls of the SQLite library that our functions need. The managed wrapper makes an object for each value of each row,
/// which is slower than the scan itself; a function pointer makes none.
/// </summary>
internal static unsafe partial class SqliteNative
{
    /// <summary>Storage class: whole number.</summary>
    public const int Integer = 1;

    /// <summary>Storage class: floating point.</summary>
    public const int Real = 2;

    /// <summary>Storage class: text.</summary>
    public const int Text = 3;

    /// <summary>Storage class: bytes.</summary>
    public const int Blob = 4;

    /// <summary>Storage class: null.</summary>
    public const int Null = 5;

    private const string Library = "e_sqlite3";
    private const int SnapshotSize = 48;
    private const int Utf8 = 1;
    private const int Deterministic = 0x800;

    /// <summary>Registers a scalar function with any number of arguments.</summary>
    public static void Register(nint database, string name, delegate* unmanaged[Cdecl]<nint, int, nint*, void> function)
    {
        fixed (byte* text = Encoding.UTF8.GetBytes(name + '\0'))
        {
            var rc = CreateFunction(database, text, -1, Utf8 | Deterministic, 0, (nint)function, 0, 0, 0);
            if (rc != 0) throw new InvalidOperationException($"SQLite did not take function {name} (code {rc}).");
        }
    }

    /// <summary>Registers an aggregate with any number of arguments.</summary>
    /// <param name="database">The connection.</param>
    /// <param name="name">The function's name.</param>
    /// <param name="step">Takes a row.</param>
    /// <param name="final">Gives the result.</param>
    /// <returns>A count that the aggregate may keep (<see cref="Counter"/>), from 0 on; the library has it freed with the connection.</returns>
    public static nint RegisterAggregate(nint database, string name, delegate* unmanaged[Cdecl]<nint, int, nint*, void> step, delegate* unmanaged[Cdecl]<nint, void> final)
    {
        var counter = (nint)NativeMemory.AllocZeroed(sizeof(long));
        fixed (byte* text = Encoding.UTF8.GetBytes(name + '\0'))
        {
            var rc = CreateFunction(database, text, -1, Utf8 | Deterministic, counter, 0, (nint)step, (nint)final, (nint)(delegate* unmanaged[Cdecl]<nint, void>)&Free);
            // The library has freed it when it did not take the function.
            if (rc != 0) throw new InvalidOperationException($"SQLite did not take function {name} (code {rc}).");
        }
        return counter;
    }

    /// <summary>The count that belongs to the aggregate.</summary>
    [DllImport(Library, EntryPoint = "sqlite3_user_data")]
    public static extern long* Counter(nint context);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Free(nint counter) => NativeMemory.Free((void*)counter);

    /// <summary>The memory of an aggregate for the group that is added up, zeroed at first; null where none was made and no bytes are asked for.</summary>
    [DllImport(Library, EntryPoint = "sqlite3_aggregate_context")]
    public static extern void* AggregateContext(nint context, int bytes);

    /// <summary>Gives a text.</summary>
    public static void ResultText(nint context, string text) => ResultText(context, Encoding.UTF8.GetBytes(text));

    /// <summary>Gives a text in UTF-8, which the library copies.</summary>
    public static void ResultText(nint context, ReadOnlySpan<byte> text)
    {
        // An empty span has no address, and without one the library would give null.
        byte none = 0;
        fixed (byte* start = text) ResultTextBytes(context, start is null ? &none : start, text.Length, -1);
    }

    /// <summary>The bytes of a text or blob as they are stored; valid until the function returns.</summary>
    public static ReadOnlySpan<byte> Bytes(nint value)
    {
        // sqlite3_value_blob and not _text: the latter copies the text to end it with a zero.
        var start = ValueBlob(value);
        var length = ValueBytes(value);
        return start is null || length <= 0 ? [] : new ReadOnlySpan<byte>(start, length);
    }

    [DllImport(Library, EntryPoint = "sqlite3_value_type")]
    [SuppressGCTransition]
    public static extern int ValueType(nint value);

    [DllImport(Library, EntryPoint = "sqlite3_value_int64")]
    [SuppressGCTransition]
    public static extern long ValueInt64(nint value);

    [DllImport(Library, EntryPoint = "sqlite3_value_double")]
    [SuppressGCTransition]
    public static extern double ValueDouble(nint value);

    /// <summary>The storage class after numeric affinity was tried on a text.</summary>
    [DllImport(Library, EntryPoint = "sqlite3_value_numeric_type")]
    public static extern int ValueNumericType(nint value);

    /// <summary>Brings a number to its text.</summary>
    [DllImport(Library, EntryPoint = "sqlite3_value_text")]
    public static extern byte* ValueText(nint value);

    [DllImport(Library, EntryPoint = "sqlite3_result_int64")]
    [SuppressGCTransition]
    public static extern void ResultInt64(nint context, long value);

    [DllImport(Library, EntryPoint = "sqlite3_result_value")]
    public static extern void ResultValue(nint context, nint value);

    /// <summary>Fails the statement with a message.</summary>
    public static void ResultError(nint context, string message)
    {
        var bytes = Encoding.UTF8.GetBytes(message);
        fixed (byte* text = bytes) ResultErrorText(context, text, bytes.Length);
    }

    /// <summary>Sets, or with null takes away, what the library tells of each access while it compiles. It cannot fail.</summary>
    public static void Authorize(nint database, delegate* unmanaged[Cdecl]<nint, int, byte*, byte*, byte*, byte*, int> callback, nint state) =>
        _ = SetAuthorizer(database, callback, state);

    /// <summary>
    /// The state that the running read transaction sees, as other connections of this machine can open it (manual: sqlite3_snapshot, "an instance of the snapshot object records the state of a WAL mode database";
    /// its size is declared); null where there is none to be named.
    /// </summary>
    public static byte[]? GetSnapshot(nint database)
    {
        nint snapshot;
        fixed (byte* main = "main\0"u8)
        {
            if (SnapshotGet(database, main, &snapshot) != 0) return null;
        }
        var bytes = new ReadOnlySpan<byte>((void*)snapshot, SnapshotSize).ToArray();
        SnapshotFree(snapshot);
        return bytes;
    }

    /// <summary>Lets a transaction that has not read yet see that state. Returns the result code.</summary>
    public static int OpenSnapshot(nint database, ReadOnlySpan<byte> snapshot)
    {
        if (snapshot.Length != SnapshotSize) throw new ArgumentException("That is no snapshot.", nameof(snapshot));
        fixed (byte* main = "main\0"u8, state = snapshot)
        {
            return SnapshotOpen(database, main, state);
        }
    }

    [DllImport(Library, EntryPoint = "sqlite3_snapshot_get")]
    private static extern int SnapshotGet(nint database, byte* schema, nint* snapshot);

    [DllImport(Library, EntryPoint = "sqlite3_snapshot_open")]
    private static extern int SnapshotOpen(nint database, byte* schema, byte* snapshot);

    [DllImport(Library, EntryPoint = "sqlite3_snapshot_free")]
    private static extern void SnapshotFree(nint snapshot);

    [DllImport(Library, EntryPoint = "sqlite3_set_authorizer")]
    private static extern int SetAuthorizer(nint database, delegate* unmanaged[Cdecl]<nint, int, byte*, byte*, byte*, byte*, int> callback, nint state);

    [DllImport(Library, EntryPoint = "sqlite3_value_blob")]
    [SuppressGCTransition]
    private static extern void* ValueBlob(nint value);

    [DllImport(Library, EntryPoint = "sqlite3_value_bytes")]
    [SuppressGCTransition]
    private static extern int ValueBytes(nint value);

    [DllImport(Library, EntryPoint = "sqlite3_result_text")]
    private static extern void ResultTextBytes(nint context, byte* text, int length, nint destroy);

    [DllImport(Library, EntryPoint = "sqlite3_result_error")]
    private static extern void ResultErrorText(nint context, byte* message, int length);

    [DllImport(Library, EntryPoint = "sqlite3_create_function_v2")]
    private static extern int CreateFunction(nint database, byte* name, int arguments, int flags, nint state, nint function, nint step, nint final, nint destroy);
}
