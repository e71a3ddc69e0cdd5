namespace EtlTableOps.Imports;

/// <summary>
/// Which line each row came from, for a database that refuses a row long after it was sent. Where rows and lines go side by side, as they
/// nearly always do, a whole file is one entry.
/// </summary>
internal sealed class RowLines
{
    private readonly List<(long Row, long Line)> runs = [];
    private long rows;

    /// <summary>Notes the line of the next row.</summary>
    public void Add(long line)
    {
        if (runs.Count == 0 || line - runs[^1].Line != rows - runs[^1].Row) runs.Add((rows, line));
        rows++;
    }

    /// <summary>The line of a row that was noted; rows count from 0.</summary>
    public long Of(long row)
    {
        var (low, high) = (0, runs.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (runs[middle].Row <= row) low = middle;
            else high = middle - 1;
        }
        return runs[low].Line + (row - runs[low].Row);
    }

    /// <summary>Whether the row was noted.</summary>
    public bool Has(long row) => row >= 0 && row < rows;
}
