namespace EtlTableOps.Snowflake.Testing;

/// <summary>Window functions over the whole partition, or up to the row and its peers where an aggregate has an order.</summary>
internal static class Windows
{
    public static IEnumerable<(object?[] Row, object?[] Windows)> Over(IEnumerable<object?[]> rows, List<BoundWindow> windows, Frame? outer)
    {
        var all = rows.ToList();
        var results = all.ConvertAll(_ => new object?[windows.Count]);
        for (var w = 0; w < windows.Count; w++)
        {
            var window = windows[w];
            var frame = new Frame(outer);
            var partitions = new Dictionary<RowKey, List<(int Place, object?[] Keys)>>();
            for (var i = 0; i < all.Count; i++)
            {
                frame.Row = all[i];
                var key = new RowKey(Array.ConvertAll(window.Partition, p => p.Value(frame)));
                if (!partitions.TryGetValue(key, out var members)) partitions[key] = members = [];
                members.Add((i, Array.ConvertAll(window.Order, o => o.Value.Value(frame))));
            }
            foreach (var members in partitions.Values)
            {
                var sorted = members.OrderBy(m => m.Keys, Comparer<object?[]>.Create((x, y) => Comparison.Rows(x, y, window.Order))).ToList();
                Fill(window, sorted, all, results, w, frame);
            }
        }
        return all.Select((row, i) => (row, results[i]));
    }

    private static void Fill(BoundWindow window, List<(int Place, object?[] Keys)> sorted, List<object?[]> all, List<object?[]> results, int w, Frame frame)
    {
        if (window.Aggregate is { } aggregate)
        {
            var state = new Binder.GroupState([aggregate]);
            for (var i = 0; i < sorted.Count;)
            {
                var peers = i;
                while (peers < sorted.Count && (window.Order.Length == 0 || Comparison.Rows(sorted[peers].Keys, sorted[i].Keys, window.Order) == 0))
                {
                    frame.Row = all[sorted[peers++].Place];
                    state.Take(frame);
                }
                var value = state.Results().First();
                for (; i < peers; i++) results[sorted[i].Place][w] = value;
            }
            return;
        }
        var rank = 0;
        var dense = 0;
        for (var i = 0; i < sorted.Count; i++)
        {
            if (i == 0 || Comparison.Rows(sorted[i].Keys, sorted[i - 1].Keys, window.Order) != 0)
            {
                rank = i + 1;
                dense++;
            }
            var other = window.Function switch { "LAG" => i - 1, "LEAD" => i + 1, "FIRST_VALUE" => 0, _ => sorted.Count - 1 };
            results[sorted[i].Place][w] = window.Function switch
            {
                "ROW_NUMBER" => i + 1m,
                "RANK" => (decimal)rank,
                "DENSE_RANK" => (decimal)dense,
                _ => other < 0 || other >= sorted.Count ? null : Value(window, all[sorted[other].Place], frame),
            };
        }
    }

    private static object? Value(BoundWindow window, object?[] row, Frame frame)
    {
        frame.Row = row;
        return window.Arguments[0].Value(frame);
    }
}
