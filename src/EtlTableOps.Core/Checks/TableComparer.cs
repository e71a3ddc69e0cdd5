using System.Diagnostics;
using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Observability;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.Checks;

/// <summary>Compares two tables of one database or of two. It writes nothing, and its memory does not grow with the tables.</summary>
internal sealed class TableComparer(EtlDatabase database, IRunObserver observer)
{
    private const string Operation = "compare";

    public async Task<TableDifferences> CompareAsync(CompareRequest request, CancellationToken token)
    {
        if (request.MaxDifferences < 1) throw new EtlException(ErrorCode.BadInput, $"-MaxDifferences is {request.MaxDifferences}: at least one differing row must be looked for.");
        if (request.TimeLimit is { } limit && limit <= TimeSpan.Zero) throw new EtlException(ErrorCode.BadInput, "-TimeLimit leaves no time at all.");
        var watch = Stopwatch.StartNew();
        var first = await database.OpenSessionAsync(token).ConfigureAwait(false);
        await using (first.ConfigureAwait(false))
        {
            // Former states are read by their time, and each session can; what else cannot be shared is read by one session, in one state.
            var apart = request.To is not null || first.Dialect.PastStates is not null;
            if (!apart) return await CompareAsync(request, first, first, watch, token).ConfigureAwait(false);
            var second = await (request.To ?? database).OpenSessionAsync(token).ConfigureAwait(false);
            await using (second.ConfigureAwait(false)) return await CompareAsync(request, first, second, watch, token).ConfigureAwait(false);
        }
    }

    private async Task<TableDifferences> CompareAsync(CompareRequest request, IEngineSession first, IEngineSession second, Stopwatch watch, CancellationToken token)
    {
        var expected = await ReadAsync(first, request.Table, token).ConfigureAwait(false);
        var actual = await ReadAsync(second, request.OtherTable, token).ConfigureAwait(false);
        var resolver = new PairResolver(request, expected, first.Dialect, actual, second.Dialect);
        var pair = resolver.Resolve() with { ExpectedName = Name(expected, first, request), ActualName = Name(actual, second, request) };
        var title = $"Compare {pair.ExpectedName} with {pair.ActualName}";
        observer.OnEvent(new StepStarted(Operation, Operation, title));

        var transaction = await first.BeginAsync(TransactionMode.Snapshot, null, token).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            var other = ReferenceEquals(first, second) ? null : await second.BeginAsync(TransactionMode.Snapshot, null, token).ConfigureAwait(false);
            try
            {
                var expectedMoment = await MomentAsync(first, token).ConfigureAwait(false);
                var actualMoment = request.To is null ? expectedMoment : await MomentAsync(second, token).ConfigureAwait(false);
                pair = pair with { Expected = At(pair.Expected, expectedMoment), Actual = At(pair.Actual, actualMoment) };
                var snapshot = string.Create(CultureInfo.InvariantCulture, $"{(request.To is null ? "one state of both tables" : "a state of each table, taken one right after the other")}, {DateTime.UtcNow:yyyy-MM-dd HH:mm:ss} UTC");
                var expectedSide = await ReadSide.OfAsync(first, token).ConfigureAwait(false);
                var actualSide = other is null ? expectedSide : await ReadSide.OfAsync(second, token).ConfigureAwait(false);
                var found = await PairComparer.CompareAsync(pair, expectedSide, actualSide, new SearchLimits(request.MaxDifferences, request.TimeLimit), observer, Operation, token).ConfigureAwait(false);
                observer.OnEvent(new StepFinished(Operation, Operation, title, watch.Elapsed, found.ExpectedRows + found.ActualRows));
                return found with { Snapshot = snapshot, Elapsed = watch.Elapsed };
            }
            finally
            {
                if (other is not null) await other.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private static async Task<TableShape> ReadAsync(IEngineSession session, string name, CancellationToken token)
    {
        var parsed = TableName.Parse(name, session.Dialect.Folding);
        try
        {
            return await session.ReadShapeAsync(parsed, token).ConfigureAwait(false) ?? throw new EtlException(ErrorCode.TableNotFound, parsed, session.Info.Display);
        }
        catch (EtlException e) when (e.Code == ErrorCode.NotATable)
        {
            return await ReadViewAsync(session, parsed, e, token).ConfigureAwait(false);
        }
    }

    /// <summary>What is no table but can be read as one: a view, a materialized view, a foreign or a virtual table. It has columns, and no key that anybody answers for.</summary>
    private static async Task<TableShape> ReadViewAsync(IEngineSession session, TableName name, EtlException refused, CancellationToken token)
    {
        // Of a view no manual says that its state at a moment can be read.
        if (session.Dialect.PastStates is not null) throw refused;
        try
        {
            var columns = await session.DescribeQueryAsync(Sql.Write(session.Dialect, $"SELECT * FROM {name}"), token).ConfigureAwait(false);
            // Which collations its columns have is not known, so that text is compared by its bytes.
            return new TableShape { Name = name, ObjectId = "", Columns = [.. columns.Select(c => c with { Collation = c.Collation ?? "" })], Keys = [], Attachments = [] };
        }
        catch (EtlException e) when (e.Code == ErrorCode.StatementFailed)
        {
            throw refused;
        }
    }

    private static string Name(TableShape table, IEngineSession session, CompareRequest request)
    {
        var name = table.Name.ToString(session.Dialect.Folding);
        return request.To is null ? name : $"{name} ({session.Info.Display})";
    }

    /// <summary>The moment whose state every statement reads, where no transaction holds one; null where it does.</summary>
    private static async Task<PastMoment?> MomentAsync(IEngineSession session, CancellationToken token)
    {
        if (session.Dialect.PastStates is not { } past) return null;
        var nanoseconds = (await session.QueryAsync(past.Now, r => Convert.ToInt64(r.GetValue(0), CultureInfo.InvariantCulture), token).ConfigureAwait(false))[0];
        return new PastMoment { Time = DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / 100) };
    }

    private static HashedRows At(HashedRows rows, PastMoment? moment) => moment is null ? rows : rows with { Content = rows.Content with { AsOf = moment } };
}
