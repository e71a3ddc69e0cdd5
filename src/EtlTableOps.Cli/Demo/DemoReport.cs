namespace EtlTableOps.Cli.Demo;

/// <summary>One stage of the demo.</summary>
/// <param name="Name">Short and stable.</param>
/// <param name="Title">What was done.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="Rows">Rows built, imported, brought over or checked.</param>
/// <param name="LongestReadMs">The readers' longest wait meanwhile, milliseconds.</param>
/// <param name="LongestWriteMs">The writers' longest wait meanwhile, milliseconds.</param>
internal sealed record DemoStage(string Name, string Title, TimeSpan Elapsed, long Rows, double? LongestReadMs, double? LongestWriteMs);

/// <summary>What the demo did and found.</summary>
internal sealed record DemoReport
{
    /// <summary>The database.</summary>
    public required string Database { get; init; }

    /// <summary>Rows that the table began with.</summary>
    public required long Rows { get; init; }

    /// <summary>Rows after the switch.</summary>
    public required long RowsSwitched { get; init; }

    /// <summary>Rows after the undo.</summary>
    public required long RowsUndone { get; init; }

    /// <summary>The stages in their order.</summary>
    public required IReadOnlyList<DemoStage> Stages { get; init; }

    /// <summary>The whole run.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Statements of the readers.</summary>
    public required long Reads { get; init; }

    /// <summary>Transactions of the writers.</summary>
    public required long Writes { get; init; }

    /// <summary>Statements that failed.</summary>
    public required long Failures { get; init; }

    /// <summary>What the first of them said.</summary>
    public required IReadOnlyList<string> FailureMessages { get; init; }

    /// <summary>Rows that must be there and were not, after the switch, after the undo or in the table set aside.</summary>
    public required long RowsLost { get; init; }

    /// <summary>Rows that were there twice or must not be there.</summary>
    public required long RowsDoubled { get; init; }

    /// <summary>Rows with another content than was committed.</summary>
    public required long RowsWrong { get; init; }

    /// <summary>Rows of all verifications together.</summary>
    public required long RowsVerified { get; init; }

    /// <summary>Rows written between switch and undo that the undo brought along.</summary>
    public required long RowsKept { get; init; }

    /// <summary>Rows that the writers' ledger has from that time.</summary>
    public required long RowsWrittenBetween { get; init; }

    /// <summary>Milliseconds that the switch held its lock.</summary>
    public required double SwitchHeldMs { get; init; }

    /// <summary>Milliseconds that the undo held its lock.</summary>
    public required double UndoHeldMs { get; init; }

    /// <summary>The stall budget that the exchanges were allowed, milliseconds: more than usual on a machine that is too busy.</summary>
    public required double StallBudgetMs { get; init; }

    /// <summary>The longest wait of any statement around the switch and the undo, milliseconds.</summary>
    public required double LongestStallMs { get; init; }

    /// <summary>The longest wait before anything was done: what this machine does by itself, milliseconds.</summary>
    public required double CalmStallMs { get; init; }

    /// <summary>The promises that broke; empty when all held.</summary>
    public required IReadOnlyList<string> BrokenPromises { get; init; }

    /// <summary>Where the database was left, with <c>--keep</c>.</summary>
    public string? KeptAt { get; init; }
}
