using EtlTableOps.Tables;

namespace EtlTableOps.Engines;

/// <summary>
/// Finds transactions that read a state of the database from before a moment and go on doing so. After an exchange such a transaction finds the new table under the name, and in it
/// only the rows that its own state has: none at all where the table was filled later.
/// </summary>
public interface IOldSnapshots
{
    /// <summary>A moment of the server: states that are read from now on have all that is committed by now. In a form that only the engine reads.</summary>
    Task<string> ReadMomentAsync(CancellationToken token);

    /// <summary>
    /// Transactions that may read a state from before the moment and would not be waited for by an exchange of this table anyway. What one of them reads cannot always be seen, so that some of
    /// them may do no such thing; those that do are found every time as long as they last.
    /// </summary>
    /// <param name="live">The table that is to be exchanged.</param>
    /// <param name="moment">What <see cref="ReadMomentAsync"/> returned.</param>
    /// <param name="token">Cancels.</param>
    Task<IReadOnlyList<LockHolder>> FindOlderAsync(TableShape live, string moment, CancellationToken token);
}
