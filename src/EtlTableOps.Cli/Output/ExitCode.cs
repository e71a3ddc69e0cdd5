using EtlTableOps.Errors;

namespace EtlTableOps.Cli.Output;

/// <summary>What the process tells its caller. The numbers are part of the command line's contract.</summary>
internal enum ExitCode
{
    /// <summary>Done, or there was nothing left to do.</summary>
    Done = 0,
    /// <summary>Failed, and nothing was changed: trying again is safe.</summary>
    Failed = 1,
    /// <summary>A check refused: trying again without a change gives the same.</summary>
    Refused = 2,
    /// <summary>Something lasting was changed and work is left: <c>repair</c> finishes it.</summary>
    CleanUpPending = 3,
    /// <summary>It is not known which table carries the live name: a human is needed.</summary>
    OwnershipUnknown = 4,
    /// <summary>The command was not understood.</summary>
    Usage = 64,
    /// <summary>Cancelled by a signal.</summary>
    Cancelled = 130,
}

/// <summary>The one mapping from failures to exit codes.</summary>
internal static class ExitCodes
{
    /// <summary>
    /// The code of a failure. Its two facts come first, because they decide whether a caller may try again; the error's own
    /// code refines the harmless rest.
    /// </summary>
    public static ExitCode Of(Exception failure) => failure switch
    {
        OperationCanceledException => ExitCode.Cancelled,
        EtlException e => Of(e.Code, e.DurableChangeMade, e.OwnershipUnknown),
        _ => ExitCode.Failed,
    };

    /// <summary>The code of a typed error with its two facts.</summary>
    public static ExitCode Of(ErrorCode code, bool durableChangeMade, bool ownershipUnknown)
    {
        if (ownershipUnknown || code == ErrorCode.OwnershipUnknown) return ExitCode.OwnershipUnknown;
        // A cancel says so even when a half-built shadow remains: the caller asked for it and knows.
        if (code == ErrorCode.Cancelled) return ExitCode.Cancelled;
        if (durableChangeMade || code == ErrorCode.CleanUpPending) return ExitCode.CleanUpPending;
        return code switch
        {
            ErrorCode.BadInput or ErrorCode.UnknownEngine or ErrorCode.NoConnection => ExitCode.Usage,
            ErrorCode.NotProven or ErrorCode.ShadowChanged or ErrorCode.LiveChanged or ErrorCode.TestFailed
                or ErrorCode.FeedBroken or ErrorCode.ImportedKeyTaken or ErrorCode.RowsWrittenSince or ErrorCode.StallBudgetExceeded => ExitCode.Refused,
            _ => ExitCode.Failed,
        };
    }
}
