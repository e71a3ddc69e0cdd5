using System.Collections.Concurrent;

namespace EtlTableOps.Cli.Demo;

/// <summary>What a writer did.</summary>
internal enum ChangeKind
{
    Insert,
    Update,
    Delete,
}

/// <summary>Which table carried the live name when a change was committed, in the order of the run.</summary>
internal enum Era
{
    /// <summary>The table of the beginning.</summary>
    BeforeSwitch,
    /// <summary>The shadow, live.</summary>
    Switched,
    /// <summary>The table of the beginning again.</summary>
    AfterUndo,
}

/// <summary>A committed change.</summary>
internal readonly record struct CommittedChange(Era Era, ChangeKind Kind, long Id, long Cents);

/// <summary>
/// Every change that the writers committed, written down by themselves after the commit. Each writer owns the keys of one
/// remainder, so that the order of all changes to one key is the order of one writer's pages.
/// </summary>
internal sealed class DemoLedger(DemoEvents events)
{
    private readonly ConcurrentBag<List<CommittedChange>> pages = [];

    /// <summary>A page for one writer.</summary>
    public List<CommittedChange> NewPage()
    {
        var page = new List<CommittedChange>();
        pages.Add(page);
        return page;
    }

    /// <summary>The rows that were changed in an era. Only while the writers stand still.</summary>
    public IReadOnlyCollection<long> Keys(Era era) => pages.SelectMany(p => p).Where(c => c.Era == era).Select(c => c.Id).ToHashSet();

    /// <summary>What the table of the beginning must hold in the end: all changes, for the undo brings along what was written while the other was live.</summary>
    public ExpectedRows Original() => new(
        events,
        switched: false,
        Replay(new Dictionary<long, long?>(), Era.BeforeSwitch, Era.Switched, Era.AfterUndo),
        []);

    /// <summary>What the new table must hold: the declared change of the old one at the switch, the file, and what was written to it since.</summary>
    public ExpectedRows Switched()
    {
        var atSwitch = Replay(new Dictionary<long, long?>(), Era.BeforeSwitch);
        return new(events, switched: true, Replay(new Dictionary<long, long?>(atSwitch), Era.Switched), atSwitch);
    }

    /// <summary>Amounts by key after the changes; null for a row that was deleted.</summary>
    private Dictionary<long, long?> Replay(Dictionary<long, long?> start, params Era[] eras)
    {
        foreach (var page in pages)
        {
            foreach (var change in page)
            {
                if (eras.Contains(change.Era)) start[change.Id] = change.Kind == ChangeKind.Delete ? null : change.Cents;
            }
        }
        return start;
    }
}

/// <summary>The rows that one table must hold.</summary>
internal sealed class ExpectedRows(DemoEvents events, bool switched, Dictionary<long, long?> amounts, Dictionary<long, long?> atSwitch)
{
    /// <summary>How many rows there must be.</summary>
    public long Count()
    {
        var count = 0L;
        for (var id = DemoEvents.TellTale; id < events.FirstFreeId; id++)
        {
            if (Find(id, out _, out _)) count++;
        }
        return count + amounts.Keys.Count(id => id >= events.FirstFreeId && Find(id, out _, out _));
    }

    /// <summary>The row of that key as it must be; false when there must be none.</summary>
    /// <param name="id">The key.</param>
    /// <param name="row">The row.</param>
    /// <param name="band">The added attribute, where the table has it; null is a null.</param>
    public bool Find(long id, out DemoEvent row, out string? band)
    {
        band = null;
        var changed = amounts.TryGetValue(id, out var cents);
        var ofFile = id > events.Rows && id < events.FirstFreeId;
        row = id <= events.Rows ? events.Initial(id) : ofFile ? events.OfFile(id - events.Rows - 1) : events.New(id);
        if (id >= events.FirstFreeId && !changed) return false;
        if (ofFile && !switched && !changed) return false;
        if (switched && !DemoChange.Keeps(events, row)) return false;
        if (changed && cents is null) return false;
        if (switched)
        {
            // The application does not know the new attribute: a row that it added after the switch has none, and a row that it
            // changed after the switch keeps the one that was computed.
            var known = id < events.FirstFreeId || atSwitch.GetValueOrDefault(id) is not null;
            if (known) band = (row with { Cents = atSwitch.GetValueOrDefault(id) ?? row.Cents }).Band;
        }
        if (cents is { } amount) row = row with { Cents = amount };
        return true;
    }
}
