namespace EtlTableOps.Checks;

/// <summary>A row as it comes over for a comparison; with its values where few enough come to bring them along.</summary>
internal readonly record struct HashedRow(long Key, long Row, string?[] Loose, ShownRow? Shown);

/// <summary>What differs under a key's hash.</summary>
/// <param name="Key">The key's hash.</param>
/// <param name="Changed">Rows of which some value is another.</param>
/// <param name="Missing">Rows that should be there and are not.</param>
/// <param name="Extra">Rows under a key that should not be there.</param>
/// <param name="Duplicated">Rows more than there should be, under a key that is there.</param>
internal readonly record struct KeyFinding(long Key, long Changed, long Missing, long Extra, long Duplicated)
{
    public long Total => Changed + Missing + Extra + Duplicated;

    /// <summary>The kinds of so many rows on either side, of which so many are equal.</summary>
    public static KeyFinding Of(long key, long expected, long actual, long equal) => new(
        key,
        Math.Min(expected, actual) - equal,
        Math.Max(0, expected - actual),
        expected == 0 ? actual : 0,
        expected > 0 ? Math.Max(0, actual - expected) : 0);
}

/// <summary>The rows of both sides whose key hashes alike: as a rule one of each. They are added in the order of their hashes, the two sides mixed.</summary>
internal sealed class KeyGroup(ComparedPair pair)
{
    /// <summary>Rows whose values are kept: a key that is no key can have any number.</summary>
    private const int MostShown = 1000;

    private readonly List<ShownRow> shownExpected = [];
    private readonly List<ShownRow> shownActual = [];
    private readonly IReadOnlyList<LooseColumn> loose = pair.LooseColumns;

    // Of rows with the same hash those that have no partner yet; with tolerances, all of that hash.
    private readonly List<string?[]> waitingExpected = [];
    private readonly List<string?[]> waitingActual = [];
    private long key;
    private long expected;
    private long actual;
    private long equal;
    private long row;
    private long sameExpected;
    private long sameActual;

    /// <summary>The values of the first side's rows.</summary>
    public IReadOnlyList<ShownRow> ShownExpected => shownExpected;

    /// <summary>The values of the second side's rows.</summary>
    public IReadOnlyList<ShownRow> ShownActual => shownActual;

    /// <summary>Whether the values of all its rows came along.</summary>
    public bool IsShown => shownExpected.Count == expected && shownActual.Count == actual;

    public void Begin(long keyHash)
    {
        shownExpected.Clear();
        shownActual.Clear();
        key = keyHash;
        expected = actual = equal = sameExpected = sameActual = 0;
    }

    public void Add(HashedRow added, bool isExpected)
    {
        if (sameExpected + sameActual > 0 && added.Row != row) Settle();
        row = added.Row;
        var shown = isExpected ? shownExpected : shownActual;
        if (added.Shown is { } values && shown.Count < MostShown) shown.Add(values);
        if (isExpected)
        {
            expected++;
            sameExpected++;
            if (loose.Count > 0) waitingExpected.Add(added.Loose);
        }
        else
        {
            actual++;
            sameActual++;
            if (loose.Count > 0) waitingActual.Add(added.Loose);
        }
    }

    /// <summary>What differs; null when nothing does.</summary>
    public KeyFinding? End()
    {
        Settle();
        var finding = KeyFinding.Of(key, expected, actual, equal);
        return finding.Total > 0 ? finding : null;
    }

    private void Settle()
    {
        if (loose.Count == 0) equal += Math.Min(sameExpected, sameActual);
        foreach (var values in waitingExpected)
        {
            var partner = waitingActual.FindIndex(other => AreAlike(values, other));
            if (partner < 0) continue;
            equal++;
            waitingActual.RemoveAt(partner);
        }
        waitingExpected.Clear();
        waitingActual.Clear();
        sameExpected = sameActual = 0;
    }

    private bool AreAlike(string?[] first, string?[] second)
    {
        for (var i = 0; i < loose.Count; i++)
        {
            if (!loose[i].Tolerance.Allows(first[i], second[i])) return false;
        }
        return true;
    }
}

/// <summary>Walks over streamed rows one by one.</summary>
internal sealed class RowCursor(IAsyncEnumerable<IReadOnlyList<HashedRow>> batches, CancellationToken token) : IAsyncDisposable
{
    private readonly IAsyncEnumerator<IReadOnlyList<HashedRow>> source = batches.GetAsyncEnumerator(token);
    private IReadOnlyList<HashedRow> batch = [];
    private int at = -1;

    /// <summary>Whether there is a <see cref="Current"/>.</summary>
    public bool Has { get; private set; }

    public HashedRow Current { get; private set; }

    public ValueTask NextAsync()
    {
        if (++at >= batch.Count) return FetchAsync();
        Current = batch[at];
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => source.DisposeAsync();

    private async ValueTask FetchAsync()
    {
        Has = await source.MoveNextAsync().ConfigureAwait(false);
        if (!Has) return;
        batch = source.Current;
        at = 0;
        Current = batch[0];
    }
}
