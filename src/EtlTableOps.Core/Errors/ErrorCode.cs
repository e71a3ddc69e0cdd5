namespace EtlTableOps.Errors;

/// <summary>
/// What went wrong. The name of a member is the key of its message in <c>ErrorTexts.resx</c>, the
/// <c>ErrorId</c> that PowerShell shows and the <c>code</c> of the command line's JSON.
/// </summary>
public enum ErrorCode
{
    /// <summary>A name, type, expression or option could not be used as given.</summary>
    BadInput,
    /// <summary>The connection text names no engine that is built in.</summary>
    UnknownEngine,
    /// <summary>The database could not be reached or refused the sign-in.</summary>
    ConnectionFailed,
    /// <summary>The engine's driver is not where packaging lays it, or cannot be loaded.</summary>
    DriverMissing,
    /// <summary>The connection was lost in the middle of the operation.</summary>
    ConnectionLost,
    /// <summary>There is no open session and none was given.</summary>
    NoConnection,
    /// <summary>The table does not exist, or the user may not see it.</summary>
    TableNotFound,
    /// <summary>The object of that name is not an ordinary table.</summary>
    NotATable,
    /// <summary>A column that was named does not exist.</summary>
    ColumnNotFound,
    /// <summary>A column to be added exists already.</summary>
    ColumnExists,
    /// <summary>Something that hangs on the table cannot be carried over to the new one.</summary>
    CannotCarryOver,
    /// <summary>The feature is not available on this engine or version.</summary>
    NotSupported,
    /// <summary>An object stands where the shadow table should be, and it is not ours.</summary>
    NameTaken,
    /// <summary>A shadow of this live table exists already.</summary>
    ShadowExists,
    /// <summary>No shadow of this live table is known to the journal.</summary>
    NoShadow,
    /// <summary>The shadow is not in the state that this command needs.</summary>
    WrongState,
    /// <summary>The object does not carry our mark, so it is not touched.</summary>
    NotOurs,
    /// <summary>Another operation works on the same live table.</summary>
    OperationInProgress,
    /// <summary>The feed asked for cannot follow this table.</summary>
    FeedNotPossible,
    /// <summary>The feed missed something (a trigger was dropped, a key was null).</summary>
    FeedBroken,
    /// <summary>A row of an import could not be read or stored.</summary>
    BadRow,
    /// <summary>The import as a whole could not be done.</summary>
    ImportFailed,
    /// <summary>The live table wrote a row under the key of an imported row, which would be replaced by it.</summary>
    ImportedKeyTaken,
    /// <summary>The shadow has no passed test.</summary>
    NotProven,
    /// <summary>The shadow was changed after its test.</summary>
    ShadowChanged,
    /// <summary>The live table, or what hangs on it, was changed after the test.</summary>
    LiveChanged,
    /// <summary>The test found something that was not declared.</summary>
    TestFailed,
    /// <summary>The lock was not obtained within the time allowed; nobody was made to queue.</summary>
    LockNotObtained,
    /// <summary>Transactions read a state from before the incoming rows were there, and did not end within the time allowed; they would find rows missing.</summary>
    OldSnapshots,
    /// <summary>The work inside the switch would hold the lock for longer than the stall budget.</summary>
    StallBudgetExceeded,
    /// <summary>Rows were written under the live name since the switch, and would be left behind.</summary>
    RowsWrittenSince,
    /// <summary>The work was done, but its report could not be written.</summary>
    ReportNotWritten,
    /// <summary>There is no version to go back to.</summary>
    NoVersion,
    /// <summary>No swap of this id or table is in the journal.</summary>
    SwapNotFound,
    /// <summary>The exchange was done, but some of the work after it was not.</summary>
    CleanUpPending,
    /// <summary>It is not known which object carries the live name; a human must look.</summary>
    OwnershipUnknown,
    /// <summary>The user lacks a right that the operation needs.</summary>
    NotPermitted,
    /// <summary>There is not enough space for the shadow.</summary>
    NotEnoughSpace,
    /// <summary>The database refused a statement.</summary>
    StatementFailed,
    /// <summary>The operation was cancelled.</summary>
    Cancelled,
}
