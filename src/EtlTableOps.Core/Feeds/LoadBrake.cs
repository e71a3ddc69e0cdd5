using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Observability;

namespace EtlTableOps.Feeds;

/// <summary>Holds work back between two batches as long as a load that the user names is too high. Nothing is locked meanwhile.</summary>
internal sealed class LoadBrake : IAsyncDisposable
{
    private static readonly TimeSpan Often = TimeSpan.FromSeconds(1);

    private readonly IEngineSession work;
    private readonly SyncRequest request;
    private readonly IRunObserver observer;
    private IEngineSession? apart;
    private double? asked;

    private LoadBrake(IEngineSession work, SyncRequest request, IRunObserver observer)
    {
        this.work = work;
        this.request = request;
        this.observer = observer;
    }

    /// <summary>The brake that a request asks for; null for none.</summary>
    /// <exception cref="EtlException">BadInput when a limit has no load, a load no limit, or there are two.</exception>
    public static LoadBrake? Of(IEngineSession work, SyncRequest request, IRunObserver observer)
    {
        var loads = (request.LoadQuery is null ? 0 : 1) + (request.Load is null ? 0 : 1);
        if (request.MaxLoad is null && loads == 0) return null;
        if (request.MaxLoad is null || loads != 1) throw new EtlException(ErrorCode.BadInput, "-MaxLoad and -LoadQuery belong together: the highest load at which to go on, and how it is asked for.");
        if (!double.IsFinite(request.MaxLoad.Value)) throw new EtlException(ErrorCode.BadInput, "-MaxLoad takes a number.");
        return new LoadBrake(work, request, observer);
    }

    /// <summary>Asks for the load once, for the first wait to use.</summary>
    /// <exception cref="EtlException">BadInput when there is no such number.</exception>
    public async Task AskAsync(CancellationToken token) => asked = await ReadAsync(token).ConfigureAwait(false);

    /// <summary>Waits until the load allows the next batch, and returns for how long.</summary>
    public async Task<TimeSpan> WaitAsync(string operation, string title, long done, long total, Stopwatch watch, CancellationToken token)
    {
        var waiting = Stopwatch.StartNew();
        while (true)
        {
            var load = asked ?? await ReadAsync(token).ConfigureAwait(false);
            asked = null;
            if (load <= request.MaxLoad) return waiting.Elapsed;
            observer.OnEvent(new RunProgress(operation, title, done, total, watch.Elapsed)
            {
                Remark = string.Create(CultureInfo.InvariantCulture, $"waiting: the load is {load:0.##}, above {request.MaxLoad:0.##}"),
            });
            await Task.Delay(Often, token).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (apart is not null) await apart.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<double> ReadAsync(CancellationToken token)
    {
        if (request.Load is { } given) return await given(token).ConfigureAwait(false);

        // In a session of its own, and where the engine can in a transaction that only reads: whatever the statement sets or leaves is not ours.
        apart ??= await work.OpenAnotherAsync(token).ConfigureAwait(false);
        var transaction = await apart.BeginAsync(TransactionMode.Snapshot, null, token).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            IReadOnlyList<object?> rows;
            try
            {
                rows = await apart.QueryAsync(new Sql(request.LoadQuery!), Value, token).ConfigureAwait(false);
            }
            catch (EtlException e) when (e.Code == ErrorCode.StatementFailed)
            {
                throw new EtlException(ErrorCode.BadInput, e, $"The load query is not accepted by the database: {e.Cause}");
            }
            return rows is [IConvertible number] && number is not string && double.IsFinite(number.ToDouble(CultureInfo.InvariantCulture))
                ? number.ToDouble(CultureInfo.InvariantCulture)
                : throw new EtlException(ErrorCode.BadInput, "The load query does not return one number.");
        }
    }

    private static object? Value(DbDataReader row) => row.FieldCount == 1 && !row.IsDBNull(0) ? row.GetValue(0) : null;
}
