using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Shadows;

namespace EtlTableOps.Checks;

/// <summary>
/// Two sides to be compared row by row, by key: the declared change of the live table, and the shadow. Set-based, and as dear as reading both; so it is asked
/// for once their sums differ.
/// </summary>
/// <param name="Expected">What there should be.</param>
/// <param name="Actual">What there is.</param>
public sealed record RowComparison(ContentQuery Expected, ContentQuery Actual)
{
    /// <summary>The key's columns over the source of <see cref="Expected"/>.</summary>
    public required IReadOnlyList<SqlText> ExpectedKey { get; init; }

    /// <summary>The same columns over the source of <see cref="Actual"/>.</summary>
    public required IReadOnlyList<SqlText> ActualKey { get; init; }

    /// <summary>Example keys of each kind of difference.</summary>
    public int Examples { get; init; } = 5;

    /// <summary>The comparison of a shadow with its declared change; null where no key tells its rows apart, or none is taken over.</summary>
    public static RowComparison? Of(ShadowBlueprint shadow, ISqlQuoting quoting)
    {
        ArgumentNullException.ThrowIfNull(shadow);
        var columns = shadow.Guard.Key.Select(k => shadow.Columns.FirstOrDefault(c => c.Name == k.Name)).OfType<ShadowColumn>().ToList();
        if (shadow.StructureOnly || columns.Count == 0 || columns.Count != shadow.Guard.Key.Count) return null;
        return new RowComparison(shadow.ExpectedContent, shadow.ActualContent(quoting))
        {
            ExpectedKey = [.. columns.Select(c => c.Source)],
            ActualKey = [.. columns.Select(c => SqlText.Write(quoting, $"{new Id(c.Name)}"))],
        };
    }
}

/// <summary>What differs by key.</summary>
/// <param name="Missing">Rows that there should be and are not.</param>
/// <param name="Extra">Rows that there should not be.</param>
/// <param name="Changed">Rows of which some value is another.</param>
/// <param name="MissingKeys">Some keys of the first kind, in their order.</param>
/// <param name="ExtraKeys">Of the second.</param>
/// <param name="ChangedKeys">Of the third.</param>
public sealed record RowDifferences(long Missing, long Extra, long Changed, IReadOnlyList<string> MissingKeys, IReadOnlyList<string> ExtraKeys, IReadOnlyList<string> ChangedKeys)
{
    /// <summary>Counts with examples: <c>3 rows missing (17, 18, 19), 1 extra (40), 0 changed</c>.</summary>
    public override string ToString() => Describe("missing", "extra", "changed");

    /// <summary>The same in other words.</summary>
    public string Describe(string missing, string extra, string changed)
    {
        return $"{Part(Missing, Missing == 1 ? "row " + missing : "rows " + missing, MissingKeys)}, {Part(Extra, extra, ExtraKeys)}, {Part(Changed, changed, ChangedKeys)}";

        static string Part(long rows, string what, IReadOnlyList<string> keys) => string.Create(CultureInfo.InvariantCulture,
            $"{rows} {what}{(keys.Count == 0 ? "" : $" ({string.Join("; ", keys)}{(rows > keys.Count ? " …" : "")})")}");
    }

    /// <summary>
    /// Without rows that are there by another way than the declared change: imported ones are extra to it. Which of the examples they are nobody knows.
    /// </summary>
    public RowDifferences WithoutImported(long imported) => imported == 0 ? this : this with { Extra = Math.Max(0, Extra - imported), ExtraKeys = [] };
}

/// <summary>Compares rows by key.</summary>
internal static class RowComparer
{
    /// <summary>Counts what differs, in the running transaction's state.</summary>
    public static async Task<RowDifferences> CompareAsync(this IEngineSession session, RowComparison comparison, CancellationToken token)
    {
        var rows = await session.QueryAsync(session.Dialect.CompareRows(comparison), r =>
            (Kind: r.GetString(0), Count: Convert.ToInt64(r.GetValue(1), CultureInfo.InvariantCulture), Key: r.GetString(2)), token).ConfigureAwait(false);
        return new RowDifferences(Count("M"), Count("E"), Count("C"), Keys("M"), Keys("E"), Keys("C"));

        long Count(string kind) => rows.Where(r => r.Kind == kind).Select(r => r.Count).FirstOrDefault();
        List<string> Keys(string kind) => [.. rows.Where(r => r.Kind == kind).Select(r => r.Key)];
    }
}
