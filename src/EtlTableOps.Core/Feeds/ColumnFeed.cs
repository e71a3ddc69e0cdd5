using System.Text.Json;
using System.Text.Json.Serialization;
using EtlTableOps.Tables;

namespace EtlTableOps.Feeds;

/// <summary>What a shadow's feed is, as it was chosen at the build and stands in the journal.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Column">For <see cref="FeedKind.Column"/>: the column that shows which rows are new.</param>
/// <param name="Overlap">For <see cref="FeedKind.Column"/>: how far its window reaches back; null for <see cref="ColumnFeed.DefaultOverlap"/>.</param>
/// <param name="Logged">Whether its log is on the live table.</param>
internal sealed record FeedChoice(FeedKind Kind, string? Column = null, TimeSpan? Overlap = null, bool Logged = true);

/// <summary>What the values of a feed's column are.</summary>
public enum ColumnFeedKind
{
    /// <summary>The number of the transaction that wrote the row (PostgreSQL's <c>xid8</c>): the server tells exactly which are over.</summary>
    Transaction,
    /// <summary>A moment. Writers take it some time before they commit.</summary>
    Time,
    /// <summary>A growing number. Writers take it some time before they commit.</summary>
    Sequence,
}

/// <summary>
/// A feed by a column that every insert and update sets: rows are read again from a value on that is older than every transaction which may still be under way, never
/// only behind the largest value seen, because a transaction that began earlier may commit later.
/// </summary>
/// <param name="Column">The column.</param>
/// <param name="Kind">What its values are.</param>
/// <param name="Key">The live table's key.</param>
/// <param name="Overlap">How much further back than the oldest transaction the window reaches, for writers that take the value elsewhere.</param>
public sealed record ColumnFeed(Column Column, ColumnFeedKind Kind, IReadOnlyList<Column> Key, TimeSpan Overlap)
{
    /// <summary>The overlap where none is given: ten seconds.</summary>
    public static readonly TimeSpan DefaultOverlap = TimeSpan.FromSeconds(10);

    /// <summary>Whether an index leads with the column, so that a window is found without reading the table.</summary>
    public bool Indexed { get; init; }

    /// <summary>Whether writers come one after another, so that what is committed is all up to its largest value.</summary>
    public bool SerialWriters { get; init; }

    /// <summary>What a person should know of this column, a line each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}

/// <summary>
/// How far a column feed has come: everything below <see cref="From"/> was brought over. To all but the feed it is a text without meaning; it is stored in the transaction of
/// the rows that it covers.
/// </summary>
internal sealed record ColumnPosition
{
    /// <summary>The value from which on rows are read again, as the database writes it; null for all rows.</summary>
    public string? From { get; init; }

    /// <summary>The largest value that was seen, by which rows are counted that came since.</summary>
    public string? Seen { get; init; }

    /// <summary>Everything committed by transactions that had ended by then was brought over: microseconds of the epoch by the database's clock; null when not known.</summary>
    public long? AsOf { get; init; }

    /// <summary>For a sequence: which value was the largest at which moment, oldest first.</summary>
    public IReadOnlyList<SequenceMark> Marks { get; init; } = [];

    /// <summary>Reads <see cref="ToString"/> back; null is the position before everything.</summary>
    public static ColumnPosition Parse(string? text) => text is null ? new() : JsonSerializer.Deserialize(text, PositionJson.Default.ColumnPosition)!;

    /// <summary>The position as it is stored.</summary>
    public override string ToString() => JsonSerializer.Serialize(this, PositionJson.Default.ColumnPosition);
}

/// <summary>A sequence at a moment.</summary>
/// <param name="At">Microseconds of the epoch by the database's clock, after the value was read.</param>
/// <param name="Value">The largest value.</param>
internal sealed record SequenceMark(long At, string? Value);

/// <summary>Serialises positions without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ColumnPosition))]
internal sealed partial class PositionJson : JsonSerializerContext;
