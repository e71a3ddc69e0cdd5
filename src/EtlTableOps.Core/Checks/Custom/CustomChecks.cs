using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.Checks.Custom;

/// <summary>The user's checks of one test: what they add to the one scan, what they ask besides, and their verdicts.</summary>
internal sealed class CustomChecks
{
    private readonly IReadOnlyList<ResolvedCheck> checks;
    private readonly CheckSides sides;
    private readonly IReadOnlyList<string> key;

    private CustomChecks(IReadOnlyList<ResolvedCheck> checks, CheckSides sides, IReadOnlyList<string> key)
    {
        this.checks = checks;
        this.sides = sides;
        this.key = key;
    }

    /// <summary>What is measured of the shadow's rows, for all checks in one list.</summary>
    public IReadOnlyList<ScanMeasure> Measures => [.. checks.SelectMany(c => c.Measures)];

    /// <summary>The statements of those that need one of their own.</summary>
    public IEnumerable<Sql> Statements(IDialect dialect) => checks.SelectMany(c => c.Statements(dialect, sides));

    /// <summary>
    /// Resolves them, and has the database read their SQL before anything long runs: a column that is not there, a condition that does not parse and a bound of the
    /// wrong type are refused with the check's name and place.
    /// </summary>
    public static async Task<CustomChecks> ResolveAsync(IEngineSession session, ShadowBlueprint blueprint, TableShape shadow, IReadOnlyList<CheckDefinition> definitions, CancellationToken token)
    {
        var actual = blueprint.ActualContent(session.Dialect);
        var sides = new CheckSides(new ContentQuery { From = blueprint.Live.Name, Columns = [], ExceptLogged = blueprint.Feed, AsOf = blueprint.AsOf }, actual);
        var resolver = new CheckResolver(session, blueprint.Live, shadow, blueprint.AsOf, blueprint.Feed);
        var checks = new List<ResolvedCheck>();
        foreach (var definition in definitions)
            checks.Add(await NamedAsync(definition, () => resolver.ResolveAsync(definition, token)).ConfigureAwait(false));
        var own = new CustomChecks(checks, sides, [.. blueprint.Guard.Key.Select(c => c.Name).Where(n => shadow.Columns.Any(c => c.Name == n))]);
        await own.RefuseBadSqlAsync(session, token).ConfigureAwait(false);
        return own;
    }

    private async Task RefuseBadSqlAsync(IEngineSession session, CancellationToken token)
    {
        var bare = sides.WithoutLog;
        var scanned = checks.Where(c => c.Measures.Count > 0).ToList();
        if (!await AcceptsAsync(scanned).ConfigureAwait(false))
        {
            foreach (var check in scanned) await NamedAsync(check.Definition, async () => await DescribeAsync([check]).ConfigureAwait(false)).ConfigureAwait(false);
        }
        foreach (var check in checks)
        {
            await NamedAsync(check.Definition, async () =>
            {
                await check.RefuseAsync(session, bare, token).ConfigureAwait(false);
                if (check.Definition.Pattern is { } pattern) await TryPatternAsync(pattern).ConfigureAwait(false);
                foreach (var sql in check.AsksInSteps ? [] : check.Statements(session.Dialect, bare)) await session.DescribeQueryAsync(sql, token).ConfigureAwait(false);
                return true;
            }).ConfigureAwait(false);
        }

        async Task<bool> AcceptsAsync(IReadOnlyList<ResolvedCheck> some)
        {
            if (some.Count == 0) return true;
            try
            {
                return await DescribeAsync(some).ConfigureAwait(false);
            }
            catch (EtlException e) when (e.Code == ErrorCode.StatementFailed)
            {
                // One of them is at fault; each is looked at alone next, to name it.
                return false;
            }
        }

        async Task<bool> DescribeAsync(IReadOnlyList<ResolvedCheck> some)
        {
            await session.DescribeQueryAsync(session.Dialect.Scan(new TableScan(bare.Shadow with { Columns = [.. bare.Shadow.Columns.Take(1)] }) { Measures = [.. some.SelectMany(c => c.Measures)] }), token).ConfigureAwait(false);
            return true;
        }

        // An expression is only read when it meets a value, so that it is given one.
        Task TryPatternAsync(string pattern) => session.QueryAsync(
            Sql.Write(session.Dialect, $"SELECT CASE WHEN {session.Dialect.Matches(SqlText.Write(session.Dialect, $"{new SqlLiteral("x")}"), pattern)} THEN 1 ELSE 0 END"), r => r.FieldCount, token);
    }

    /// <summary>Their verdicts, in the snapshot of the scan.</summary>
    /// <param name="session">The session that has the snapshot.</param>
    /// <param name="scan">The shadow's scan; its measures are those of <see cref="Measures"/>.</param>
    /// <param name="elapsed">The scan's time.</param>
    /// <param name="note">Hears of each statement.</param>
    /// <param name="token">Cancels.</param>
    public async Task<IReadOnlyList<ShadowCheck>> JudgeAsync(IEngineSession session, ScanResult scan, TimeSpan elapsed, Action<Sql> note, CancellationToken token)
    {
        var reading = new CheckReading(session, sides, scan, note);
        var verdicts = new List<ShadowCheck>();
        var next = 0;
        foreach (var check in checks)
        {
            var measured = scan.Measures.Skip(next).Take(check.Measures.Count).ToList();
            next += measured.Count;
            var watch = System.Diagnostics.Stopwatch.StartNew();
            var verdict = await NamedAsync(check.Definition, () => JudgeAsync(check, reading, measured, token)).ConfigureAwait(false);
            verdicts.Add(verdict with { Elapsed = check.Measures.Count > 0 ? elapsed : watch.Elapsed });
        }
        return verdicts;
    }

    /// <summary>Which check made the scan fail, asked of each alone; the failure itself where none does.</summary>
    /// <remarks>For the path of failure alone: each asks for a scan.</remarks>
    public async Task<EtlException> BlameAsync(IEngineSession session, EtlException failure, CancellationToken token)
    {
        foreach (var check in checks.Where(c => c.Measures.Count > 0))
        {
            try
            {
                await session.QueryAsync(session.Dialect.Scan(new TableScan(sides.Shadow with { Columns = [.. sides.Shadow.Columns.Take(1)] }) { Measures = check.Measures }), r => r.FieldCount, token).ConfigureAwait(false);
            }
            catch (EtlException e) when (e.Code == ErrorCode.StatementFailed)
            {
                return Named(check.Definition, e);
            }
        }
        return failure;
    }

    private async Task<ShadowCheck> JudgeAsync(ResolvedCheck check, CheckReading reading, IReadOnlyList<object?> measured, CancellationToken token)
    {
        var definition = check.Definition;
        var found = await check.FindAsync(reading, measured, token).ConfigureAwait(false);
        var (failed, warned) = found.Judge(definition);
        var message = found.Message;
        if (failed || warned)
        {
            var examples = await check.ExamplesAsync(reading, key, token).ConfigureAwait(false);
            if (examples.Count > 0) message += $" For example: {string.Join("; ", examples)}.";
        }
        return new ShadowCheck(definition.Title, !failed, found.Wanted(definition), found.Found, message)
        {
            Warned = warned,
            Custom = true,
            Column = definition.Columns.Count == 1 ? definition.Columns[0] : null,
            DefinedAt = definition.DefinedAt,
        };
    }

    /// <summary>Whatever is wrong with a check is told with its name and place.</summary>
    private static async Task<T> NamedAsync<T>(CheckDefinition check, Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (EtlException e) when (e.Code is ErrorCode.BadInput or ErrorCode.ColumnNotFound or ErrorCode.TableNotFound or ErrorCode.StatementFailed or ErrorCode.NotSupported or ErrorCode.NotPermitted)
        {
            throw Named(check, e);
        }
    }

    private static EtlException Named(CheckDefinition check, EtlException failure)
    {
        var what = $"Check {check.Title}{(check.DefinedAt is { } place ? $" ({place})" : "")}: {(failure.Code == ErrorCode.StatementFailed ? $"the database does not accept it: {failure.Cause}" : failure.Message)}";
        return new EtlException(ErrorCode.BadInput, failure, what) { Remedy = failure.Code == ErrorCode.StatementFailed ? "Correct the check's SQL, its values or its column, and run the command again. Nothing was changed." : failure.Remedy };
    }
}
