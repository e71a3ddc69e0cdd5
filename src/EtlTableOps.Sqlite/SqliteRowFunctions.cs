using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using EtlTableOps.Checks;
using EtlTableOps.Engines;

namespace EtlTableOps.Sqlite;

/// <summary>Our SQL functions for comparisons row by row.</summary>
internal static unsafe class SqliteRowFunctions
{
    /// <summary><c>buckets(bits, key hash, row hash)</c>, an aggregate: of each bucket with rows its number, the count and the sum of the rows' hashes, as JSON.</summary>
    public const string Buckets = "etltableops_buckets";

    /// <summary><c>shown(affinity, value)</c>: the value for people; two texts are equal exactly when <see cref="SqliteFunctions.Hash"/> takes the values for equal.</summary>
    public const string Shown = "etltableops_shown";

    /// <summary><c>canonical(kind, value)</c>: the value in the form in which engines are compared with each other.</summary>
    public const string Canonical = "etltableops_canonical";

    /// <summary><c>list(text, …)</c>: the texts as literals with commas between them.</summary>
    public const string List = "etltableops_list";

    /// <summary><c>text_hash(text)</c>: the first 60 bits of its MD5.</summary>
    public const string TextHash = "etltableops_text_hash";

    private const int MostBits = 24;

    /// <summary>Registers them.</summary>
    /// <returns>Where the rows are counted that <see cref="Buckets"/> has added up.</returns>
    public static nint Register(nint database)
    {
        var counter = SqliteNative.RegisterAggregate(database, Buckets, &AddToBucket, &FinishBuckets);
        SqliteNative.Register(database, Shown, &ShowValue);
        SqliteNative.Register(database, Canonical, &WriteCanonical);
        SqliteNative.Register(database, List, &WriteList);
        SqliteNative.Register(database, TextHash, &HashText);
        return counter;
    }

    private struct Bucket
    {
        public long Rows;
        public UInt128 Sum;
    }

    private struct BucketState
    {
        public Bucket* Buckets;
        public int Bits;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void AddToBucket(nint context, int count, nint* values)
    {
        var state = (BucketState*)SqliteNative.AggregateContext(context, sizeof(BucketState));
        if (state is null) return;
        if (state->Buckets is null)
        {
            state->Bits = (int)Math.Clamp(SqliteNative.ValueInt64(values[0]), 0, MostBits);
            state->Buckets = (Bucket*)NativeMemory.AllocZeroed((nuint)1 << state->Bits, (nuint)sizeof(Bucket));
        }
        var bucket = state->Buckets + HashedRows.BucketOf(SqliteNative.ValueInt64(values[1]), state->Bits);
        bucket->Rows++;
        bucket->Sum += (ulong)SqliteNative.ValueInt64(values[2]);
        (*SqliteNative.Counter(context))++;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void FinishBuckets(nint context)
    {
        // Called also for a statement that was interrupted, which is why the memory is freed here and nowhere else.
        var state = (BucketState*)SqliteNative.AggregateContext(context, 0);
        var json = new StringBuilder("[");
        if (state is not null && state->Buckets is not null)
        {
            for (var i = 0; i < 1 << state->Bits; i++)
            {
                var bucket = state->Buckets[i];
                if (bucket.Rows == 0) continue;
                if (json.Length > 1) json.Append(',');
                json.Append(CultureInfo.InvariantCulture, $"[{i},{bucket.Rows},\"{bucket.Sum}\"]");
            }
            NativeMemory.Free(state->Buckets);
            state->Buckets = null;
        }
        SqliteNative.ResultText(context, json.Append(']').ToString());
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ShowValue(nint context, int count, nint* values)
    {
        var affinity = SqliteNative.Bytes(values[0])[0];
        var value = values[1];
        var type = SqliteNative.ValueType(value);
        if (type == SqliteNative.Text && affinity is SqliteAffinity.Numeric or SqliteAffinity.Real) type = SqliteNative.ValueNumericType(value);
        switch (type)
        {
            case SqliteNative.Integer when affinity == SqliteAffinity.Real:
                SqliteNative.ResultText(context, Real(SqliteNative.ValueInt64(value)));
                break;
            case SqliteNative.Text when affinity == SqliteAffinity.Text:
            case SqliteNative.Integer:
                SqliteNative.ResultValue(context, value);
                break;
            case SqliteNative.Real when affinity == SqliteAffinity.Text:
                SqliteNative.ValueText(value);
                SqliteNative.ResultText(context, SqliteNative.Bytes(value));
                break;
            case SqliteNative.Real:
                var real = SqliteNative.ValueDouble(value);
                var text = Real(real);
                // In a column without a type 1 and 1.0 are not the same.
                SqliteNative.ResultText(context, affinity == SqliteAffinity.None && Math.Truncate(real) == real && !text.Contains('E', StringComparison.Ordinal) ? text + ".0" : text);
                break;
            case SqliteNative.Text:
                SqliteNative.ResultText(context, "'" + Encoding.UTF8.GetString(SqliteNative.Bytes(value)).Replace("'", "''", StringComparison.Ordinal) + "'");
                break;
            case SqliteNative.Blob:
                SqliteNative.ResultText(context, "X'" + System.Convert.ToHexString(SqliteNative.Bytes(value)) + "'");
                break;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void WriteCanonical(nint context, int count, nint* values)
    {
        var kind = (ValueKind)SqliteNative.ValueInt64(values[0]);
        var value = values[1];
        switch (SqliteNative.ValueType(value))
        {
            case SqliteNative.Integer:
                SqliteNative.ResultText(context, SqliteCanonical.Of(kind, SqliteNative.ValueInt64(value)));
                break;
            case SqliteNative.Real:
                SqliteNative.ResultText(context, SqliteCanonical.Of(kind, SqliteNative.ValueDouble(value)));
                break;
            case SqliteNative.Text when kind is ValueKind.Text or ValueKind.Json:
                SqliteNative.ResultValue(context, value);
                break;
            case SqliteNative.Text:
                SqliteNative.ResultText(context, SqliteCanonical.Of(kind, Encoding.UTF8.GetString(SqliteNative.Bytes(value))));
                break;
            case SqliteNative.Blob:
                SqliteNative.ResultText(context, SqliteCanonical.Of(kind, SqliteNative.Bytes(value)));
                break;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void WriteList(nint context, int count, nint* values)
    {
        var length = Math.Max(0, count - 1);
        for (var i = 0; i < count; i++) length += SqliteNative.ValueType(values[i]) == SqliteNative.Null ? 4 : (SqliteNative.Bytes(values[i]).Length * 2) + 4;
        var rented = length > 2048 ? System.Buffers.ArrayPool<byte>.Shared.Rent(length) : null;
        var list = rented ?? stackalloc byte[2048];
        var at = 0;
        for (var i = 0; i < count; i++)
        {
            if (i > 0) list[at++] = (byte)',';
            if (SqliteNative.ValueType(values[i]) == SqliteNative.Null)
            {
                "NULL"u8.CopyTo(list[at..]);
                at += 4;
                continue;
            }
            list[at++] = (byte)'\'';
            foreach (var b in SqliteNative.Bytes(values[i]))
            {
                if (b == '\'') list[at++] = b;
                list[at++] = b;
            }
            list[at++] = (byte)'\'';
        }
        SqliteNative.ResultText(context, list[..at]);
        if (rented is not null) System.Buffers.ArrayPool<byte>.Shared.Return(rented);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void HashText(nint context, int count, nint* values)
    {
        Span<byte> hash = stackalloc byte[MD5.HashSizeInBytes];
#pragma warning disable CA5351 // It keeps no secret: it is the one hash that every engine has, and nobody gains by a collision.
        MD5.HashData(SqliteNative.Bytes(values[0]), hash);
#pragma warning restore CA5351
        SqliteNative.ResultInt64(context, (long)(System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(hash) >> (64 - HashedRows.KeyBits)));
    }

    // The fewest digits that read back as the same number, where SQLite's own text has fifteen.
    private static string Real(double value) => NumberText.Of(value == 0 ? 0 : value);
}
