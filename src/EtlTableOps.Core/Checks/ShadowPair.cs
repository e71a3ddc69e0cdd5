using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.Checks;

/// <summary>The declared change of the live table, and the shadow, to be compared row by row.</summary>
internal static class ShadowPair
{
    /// <summary>The pair; null where no row is taken over, so that there is nothing to compare with.</summary>
    /// <param name="shadow">The declared change.</param>
    /// <param name="dialect">The engine's.</param>
    /// <param name="tolerances">How far values may be apart.</param>
    /// <param name="imported">Rows of the shadow that came by imports.</param>
    /// <exception cref="EtlException"><see cref="ErrorCode.BadInput"/> or <see cref="ErrorCode.ColumnNotFound"/> when a tolerance does not fit the shadow.</exception>
    public static ComparedPair? Of(ShadowBlueprint shadow, IDialect dialect, IReadOnlyList<Tolerance> tolerances, long imported)
    {
        var stored = shadow.Stored.ToList();
        var key = shadow.Guard.Key.Select(k => stored.FindIndex(c => c.Name == k.Name)).ToList();
        if (key.Contains(-1)) key.Clear();
        if (tolerances.Count > 0 && imported > 0) throw new EtlException(ErrorCode.BadInput, $"A tolerance cannot be kept where rows were imported ({imported}): which rows of {shadow.Shadow} these are is not known, so that a wrong row could pass for one of them.");
        var loose = tolerances.Select(t => Loose(t, shadow, stored, key, dialect)).ToList();
        if (loose.GroupBy(l => l.Tolerance.Column).FirstOrDefault(g => g.Count() > 1) is { } twice) throw new EtlException(ErrorCode.BadInput, $"{twice.Key} has two tolerances.");
        if (shadow.StructureOnly) return null;
        return new ComparedPair
        {
            ExpectedName = $"declared change of {shadow.Live.Name}",
            ActualName = shadow.Shadow.ToString(),
            Expected = Side(shadow.ExpectedContent),
            Actual = Side(shadow.ActualContent(dialect)),
            Key = [.. key.Select(i => stored[i].Name)],
            Columns = [.. stored.Select(c => c.Name)],
            Tolerances = loose.ToDictionary(l => l.Tolerance.Column),
            Notes = [.. loose.Select(l => $"Tolerance: {l.Tolerance}.")],
            EstimatedRows = shadow.Live.EstimatedRows,
            Imported = imported,
        };

        HashedRows Side(ContentQuery content) => new(content) { Key = [.. key.Select(i => content.Columns[i])], Ordered = Ordered(shadow, stored, key, dialect) is { } at ? content.Columns[at] : null };
    }

    /// <summary>The key, where both tables find their rows by it: the live table's own one of whole numbers, left as it is.</summary>
    private static int? Ordered(ShadowBlueprint shadow, List<ShadowColumn> stored, List<int> key, IDialect dialect) =>
        key is [var at] && shadow.Query is null && stored[at] is { Unchanged: true, From: { } from } && dialect.HasRanges(from.Type) && shadow.Live.Keys.Any(k => k.Columns is [var name] && name == from.Name) ? at : null;

    private static LooseColumn Loose(Tolerance tolerance, ShadowBlueprint shadow, List<ShadowColumn> stored, List<int> key, IDialect dialect)
    {
        var name = TableName.ParsePart(tolerance.Column, dialect.Folding);
        var at = stored.FindIndex(c => c.Name == name);
        if (at < 0) at = stored.FindIndex(c => string.Equals(c.Name, name, StringComparison.OrdinalIgnoreCase));
        if (at < 0) throw new EtlException(ErrorCode.ColumnNotFound, shadow.Shadow, tolerance.Column, string.Join(", ", stored.Select(c => c.Name)));
        var own = tolerance with { Column = stored[at].Name };
        if (key.Count == 0 || shadow.StructureOnly) throw new EtlException(ErrorCode.BadInput, $"A tolerance needs a key by which the two values of a row are found, and {shadow.Shadow} has none that the change leaves as it is.");
        if (key.Contains(at)) throw new EtlException(ErrorCode.BadInput, $"{own.Column} is a part of the key, by which rows are told apart: it can have no tolerance.");
        var (expected, actual) = (shadow.ExpectedContent.Columns[at], shadow.ActualContent(dialect).Columns[at]);
        return PairResolver.Loose(own, dialect, expected, dialect, actual);
    }
}
