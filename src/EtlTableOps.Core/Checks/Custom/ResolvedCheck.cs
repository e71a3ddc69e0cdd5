using EtlTableOps.Engines;

namespace EtlTableOps.Checks.Custom;

/// <summary>What was read for the checks: the two scans, and the session in whose snapshot more can be asked.</summary>
/// <param name="Session">The session.</param>
/// <param name="Sides">The rows of both sides.</param>
/// <param name="Shadow">The shadow's scan.</param>
/// <param name="Note">Hears of each statement.</param>
internal sealed record CheckReading(IEngineSession Session, CheckSides Sides, ScanResult Shadow, Action<Sql> Note)
{
    public IDialect Dialect => Session.Dialect;

    public async Task<IReadOnlyList<T>> AskAsync<T>(Sql sql, Func<System.Data.Common.DbDataReader, T> map, CancellationToken token)
    {
        Note(sql);
        return await Session.QueryAsync(sql, map, token).ConfigureAwait(false);
    }
}

/// <summary>Which rows checks speak of. What the feed is still to bring over is on neither side.</summary>
/// <param name="Live">The live table.</param>
/// <param name="Shadow">The shadow.</param>
internal sealed record CheckSides(ContentQuery Live, ContentQuery Shadow)
{
    /// <summary>The same without the log, for the database to look at the SQL while there is no log yet.</summary>
    public CheckSides WithoutLog => new(Live with { ExceptLogged = null }, Shadow with { ExceptLogged = null });
}

/// <summary>A check whose names are resolved: what is measured for it, and how that is read.</summary>
internal abstract class ResolvedCheck(CheckDefinition definition)
{
    public CheckDefinition Definition { get; } = definition;

    /// <summary>What it needs of the one scan of the shadow.</summary>
    public virtual IReadOnlyList<ScanMeasure> Measures => [];

    /// <summary>The condition of the rows that break it, for examples; null where there is none.</summary>
    public virtual SqlText? Failing => null;

    /// <summary>The statements of its own.</summary>
    public virtual IEnumerable<Sql> Statements(IDialect dialect, CheckSides sides) => [];

    /// <summary>Whether a part of its statements is only known once others have been answered, so that they cannot be looked at beforehand; they hold no SQL of the user's but a condition then.</summary>
    public virtual bool AsksInSteps => false;

    /// <summary>Looks what the database alone can tell of it before anything is read; nothing for most.</summary>
    public virtual Task RefuseAsync(IEngineSession session, CheckSides sides, CancellationToken token) => Task.CompletedTask;

    /// <summary>Reads what was measured.</summary>
    public abstract Task<CheckFinding> FindAsync(CheckReading reading, IReadOnlyList<object?> measured, CancellationToken token);

    /// <summary>Some of what breaks it, for people; asked only when something does.</summary>
    public virtual Task<IReadOnlyList<string>> ExamplesAsync(CheckReading reading, IReadOnlyList<string> key, CancellationToken token) => Task.FromResult<IReadOnlyList<string>>([]);

    /// <summary>How many examples are shown.</summary>
    protected const int Examples = 5;

    /// <summary>The user's condition with another one.</summary>
    protected static SqlText And(string? where, SqlText condition) => where is null ? condition : new SqlText($"{SqlText.InParentheses(where)} AND {condition.Text}");

    /// <summary>A rule with the rows that it is for.</summary>
    protected string Rule(string rule) => Definition.Where is { } where ? $"{rule} (where {where})" : rule;

    /// <summary>Rows as <c>id=17, country=XX</c>.</summary>
    protected static async Task<IReadOnlyList<string>> ShowRowsAsync(CheckReading reading, SqlText failing, IReadOnlyList<string> columns, CancellationToken token)
    {
        if (columns.Count == 0) return [];
        var values = SqlText.Join(", ", columns.Select(c => SqlText.Write(reading.Dialect, $"CAST({new Id(c)} AS text)")));
        var rows = reading.Dialect.SelectRows(reading.Sides.Shadow with { Where = failing }, values);
        return await reading.AskAsync(rows with { Text = $"{rows.Text} LIMIT {Examples}" }, r => string.Join(", ", columns.Select((c, i) => $"{c}={ShownValue.Of(r.IsDBNull(i) ? null : r.GetString(i), null)}")), token).ConfigureAwait(false);
    }
}
