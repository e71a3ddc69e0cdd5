using System.Management.Automation;
using EtlTableOps.Errors;

namespace EtlTableOps.PowerShell.Pipeline;

/// <summary>Turns the domain's failures into error records: code to ErrorId, remedy to RecommendedAction.</summary>
internal static class ErrorRecords
{
    public static ErrorRecord From(EtlException failure, object? target) =>
        new(failure, failure.Code.ToString(), CategoryOf(failure.Code), target)
        {
            ErrorDetails = new ErrorDetails(Message(failure)) { RecommendedAction = failure.Remedy },
        };

    private static string Message(EtlException failure) => failure switch
    {
        { OwnershipUnknown: true } => $"{failure.Message} It is not known which table carries the live name.",
        { DurableChangeMade: true, Code: not ErrorCode.CleanUpPending } => $"{failure.Message} Something lasting had been changed before; Repair-TableSwap finishes or cleans up.",
        _ => failure.Message,
    };

    private static ErrorCategory CategoryOf(ErrorCode code) => code switch
    {
        ErrorCode.BadInput or ErrorCode.UnknownEngine => ErrorCategory.InvalidArgument,
        ErrorCode.ConnectionFailed or ErrorCode.ConnectionLost or ErrorCode.NoConnection => ErrorCategory.ConnectionError,
        ErrorCode.TableNotFound or ErrorCode.ColumnNotFound or ErrorCode.NoShadow or ErrorCode.NoVersion or ErrorCode.SwapNotFound => ErrorCategory.ObjectNotFound,
        ErrorCode.DriverMissing => ErrorCategory.NotInstalled,
        ErrorCode.NotATable => ErrorCategory.InvalidType,
        ErrorCode.ColumnExists or ErrorCode.NameTaken or ErrorCode.ShadowExists => ErrorCategory.ResourceExists,
        ErrorCode.CannotCarryOver or ErrorCode.NotSupported or ErrorCode.FeedNotPossible => ErrorCategory.NotImplemented,
        ErrorCode.WrongState or ErrorCode.NotProven or ErrorCode.ShadowChanged or ErrorCode.LiveChanged or ErrorCode.TestFailed
            or ErrorCode.RowsWrittenSince or ErrorCode.ImportedKeyTaken or ErrorCode.FeedBroken or ErrorCode.CleanUpPending or ErrorCode.OwnershipUnknown => ErrorCategory.InvalidOperation,
        ErrorCode.OperationInProgress => ErrorCategory.ResourceBusy,
        ErrorCode.LockNotObtained or ErrorCode.OldSnapshots or ErrorCode.StallBudgetExceeded => ErrorCategory.OperationTimeout,
        ErrorCode.NotOurs or ErrorCode.NotPermitted => ErrorCategory.PermissionDenied,
        ErrorCode.BadRow => ErrorCategory.InvalidData,
        ErrorCode.ImportFailed or ErrorCode.StatementFailed => ErrorCategory.WriteError,
        ErrorCode.NotEnoughSpace => ErrorCategory.LimitsExceeded,
        ErrorCode.Cancelled => ErrorCategory.OperationStopped,
        _ => ErrorCategory.NotSpecified,
    };
}
