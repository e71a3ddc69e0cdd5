namespace EtlTableOps.Reports;

/// <summary>Two values side by side, with the letters that differ marked.</summary>
internal static class ValueDifferences
{
    /// <summary>Letters of two values that are compared one by one; of longer ones only what is equal before and after is found.</summary>
    private const int Thorough = 400;

    /// <summary>Equal letters that are shown around a difference of a long value.</summary>
    private const int Around = 40;

    /// <summary>Letters of a difference that are shown.</summary>
    private const int Longest = 400;

    /// <summary>The value that should be, and the one that is.</summary>
    public static (Html Expected, Html Actual) Of(string? expected, string? actual)
    {
        if (expected is null || actual is null || expected.Length == 0 || actual.Length == 0) return (Html.Value(Cut(expected)), Html.Value(Cut(actual)));
        var (before, after) = Same(expected, actual);
        var lefts = expected.Length - before - after;
        var rights = actual.Length - before - after;
        var kept = lefts <= Thorough && rights <= Thorough ? Kept(expected.AsSpan(before, lefts), actual.AsSpan(before, rights)) : ([], []);
        return (Marked(expected, before, after, kept.Item1, "del"), Marked(actual, before, after, kept.Item2, "ins"));
    }

    private static string? Cut(string? value) => value is { Length: > Longest } ? value[..Longest] + "…" : value;

    /// <summary>How many letters are equal at the beginning and at the end; a pair of halves is not torn.</summary>
    private static (int Before, int After) Same(string a, string b)
    {
        var before = 0;
        while (before < a.Length && before < b.Length && a[before] == b[before]) before++;
        if (before > 0 && char.IsHighSurrogate(a[before - 1])) before--;
        var after = 0;
        while (after < a.Length - before && after < b.Length - before && a[a.Length - 1 - after] == b[b.Length - 1 - after]) after++;
        if (after > 0 && char.IsLowSurrogate(a[a.Length - after])) after--;
        return (before, after);
    }

    /// <summary>Which letters of each are in the longest sequence that both have.</summary>
    private static (bool[] Left, bool[] Right) Kept(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        var lengths = new int[a.Length + 1, b.Length + 1];
        for (var i = a.Length - 1; i >= 0; i--)
        {
            for (var j = b.Length - 1; j >= 0; j--)
                lengths[i, j] = a[i] == b[j] ? lengths[i + 1, j + 1] + 1 : Math.Max(lengths[i + 1, j], lengths[i, j + 1]);
        }
        var (left, right) = (new bool[a.Length], new bool[b.Length]);
        // Values that have little in common are two values, and not one with many small differences.
        if (2 * lengths[0, 0] < Math.Max(a.Length, b.Length)) return (left, right);
        for (int i = 0, j = 0; i < a.Length && j < b.Length;)
        {
            if (a[i] == b[j] && !char.IsSurrogate(a[i])) left[i++] = right[j++] = true;
            else if (lengths[i + 1, j] >= lengths[i, j + 1]) i++;
            else j++;
        }
        return (left, right);
    }

    private static Html Marked(string value, int before, int after, bool[] kept, string element)
    {
        var start = Math.Max(0, before - Around);
        if (start > 0 && char.IsLowSurrogate(value[start])) start++;
        var end = value.Length - after;
        var last = Math.Min(value.Length, end + Around);
        if (last < value.Length && char.IsLowSurrogate(value[last])) last--;
        var parts = new List<Html> { start > 0 ? Html.Write($"…") : Html.None, Html.Visible(value, start, before - start) };
        for (var i = before; i < end && i < before + Longest;)
        {
            var same = IsKept(i);
            var next = i;
            while (next < end && next < before + Longest && IsKept(next) == same) next++;
            parts.Add(same ? Html.Visible(value, i, next - i) : new Html($"<{element}>{Spaces(value, i, next - i).Markup}</{element}>"));
            i = next;
        }
        if (end > before + Longest) parts.Add(Html.Write($"…"));
        parts.Add(Html.Visible(value, end, last - end));
        if (last < value.Length) parts.Add(Html.Write($"…"));
        return Html.Write($"<bdi class=\"v\">{parts}</bdi>");

        bool IsKept(int i) => i - before < kept.Length && kept[i - before];
    }

    /// <summary>A blank that differs can be seen.</summary>
    private static Html Spaces(string value, int start, int length) =>
        Html.Join(value.Substring(start, length).Split(' ').Select((part, i) => i == 0 ? Html.Visible(part, 0, part.Length) : Html.Write($"<span class=\"sp\">␣</span>{Html.Visible(part, 0, part.Length)}")));
}
