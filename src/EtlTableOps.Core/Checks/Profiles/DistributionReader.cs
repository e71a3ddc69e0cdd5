using System.Data.Common;
using System.Globalization;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Feeds;
using EtlTableOps.Shadows;
using EtlTableOps.Tables;

namespace EtlTableOps.Checks;

/// <summary>
/// Profiles the columns of a live table and of its shadow inside the database: two statements for each side and <see cref="Together"/> columns. What comes back is a row for each point of a curve and each
/// frequent value, however many rows there are.
/// </summary>
internal sealed class DistributionReader(TableShape live, TableShape shadow, DistributionRequest request, PastMoment? liveAsOf = null)
{
    /// <summary>Columns of one statement: a parser has its limits.</summary>
    private const int Together = 40;

    private readonly List<Sql> asked = [];

    /// <summary>Changes that are still to be brought over: rows that they name are left out on both sides. Null for none.</summary>
    public ChangeLog? Feed { get; init; }

    /// <summary>Reads both sides in the session's running transaction; side by side where another session can read the same state.</summary>
    /// <exception cref="EtlException">ColumnNotFound for a column that neither table has.</exception>
    public async Task<Distributions> ReadAsync(IEngineSession session, CancellationToken token)
    {
        var side = await ReadSide.OfAsync(session, token).ConfigureAwait(false);
        var onLive = await side.RentAsync(token).ConfigureAwait(false);
        await using (onLive.ConfigureAwait(false))
        {
            var onShadow = await side.RentAsync(token).ConfigureAwait(false);
            await using (onShadow.ConfigureAwait(false)) return await ReadAsync(onLive.Session, onShadow.Session, token).ConfigureAwait(false);
        }
    }

    /// <summary>Reads each side in a session's running transaction, side by side where they are two.</summary>
    /// <exception cref="EtlException">ColumnNotFound for a column that neither table has.</exception>
    public async Task<Distributions> ReadAsync(IEngineSession onLive, IEngineSession onShadow, CancellationToken token)
    {
        var columns = Columns();
        if (onLive.Dialect.Profiles is not { } profiles) return new Distributions([], []);
        var key = Key();
        var (was, at) = (Source(live, columns, key, liveAsOf), Source(shadow, columns, key, null));
        var (liveTotals, shadowTotals) = await BothAsync(s => TotalsAsync(s, profiles, was, token), s => TotalsAsync(s, profiles, at, token)).ConfigureAwait(false);

        // The same part of both, so that the same keys are chosen.
        var most = Math.Max(liveTotals.Rows, shadowTotals.Rows);
        var part = request.SampleRows <= 0 || most <= request.SampleRows ? 1 : (double)request.SampleRows / most;
        var (before, after) = await BothAsync(s => ValuesAsync(s, profiles, was, liveTotals, part, token), s => ValuesAsync(s, profiles, at, shadowTotals, part, token)).ConfigureAwait(false);
        return new Distributions([.. columns.Select(c => DriftMeasure.Compare(c, before.GetValueOrDefault(c), after.GetValueOrDefault(c)))], asked);

        async Task<(T Live, T Shadow)> BothAsync<T>(Func<IEngineSession, Task<T>> readLive, Func<IEngineSession, Task<T>> readShadow)
        {
            if (ReferenceEquals(onLive, onShadow)) return (await readLive(onLive).ConfigureAwait(false), await readShadow(onShadow).ConfigureAwait(false));
            // When one fails the other is waited for: a session is not disposed of under a statement.
            var both = await Task.WhenAll(readLive(onLive), readShadow(onShadow)).ConfigureAwait(false);
            return (both[0], both[1]);
        }
    }

    /// <summary>What would be asked, without knowing how many rows there are.</summary>
    public IReadOnlyList<Sql> Plan(IDialect dialect)
    {
        if (dialect.Profiles is not { } profiles) return [];
        var columns = Columns();
        var key = Key();
        var text = new ProfileStatements(dialect, profiles);
        return [.. new[] { Source(live, columns, key, liveAsOf), Source(shadow, columns, key, null) }.SelectMany(s => Chunks(s).SelectMany(c => Statements(c)))];

        IEnumerable<Sql> Statements(ProfileSource source)
        {
            var forms = source.Columns.Select(profiles.FormOf).ToList();
            yield return text.Totals(source, forms, estimate: true);
            yield return text.Values(source, forms, profiles.InSample(source.Table, source.Key));
        }
    }

    private List<string> Columns()
    {
        var all = live.Columns.Concat(shadow.Columns).Select(c => c.Name).Distinct(StringComparer.Ordinal).ToList();
        if (request.Columns is not { Count: > 0 } asked) return all;
        return [.. asked.Select(name => (live.FindColumn(name) ?? shadow.FindColumn(name))?.Name ?? throw new EtlException(ErrorCode.ColumnNotFound, live.Name, name, string.Join(", ", all))).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The live table's key, where the shadow has it too: only then are the same rows chosen on both sides.</summary>
    private List<Column> Key()
    {
        var key = live.RowKey?.Columns.Select(name => live.Columns.First(c => c.Name == name)).ToList() ?? [];
        return key.TrueForAll(k => shadow.Columns.Any(c => c.Name == k.Name && c.Type == k.Type)) ? key : [];
    }

    private ProfileSource Source(TableShape table, List<string> columns, IReadOnlyList<Column> key, PastMoment? asOf) =>
        new(table, [.. columns.Select(name => table.Columns.FirstOrDefault(c => c.Name == name)).OfType<Column>()], new ContentQuery { From = table.Name, Columns = [], AsOf = asOf, Where = request.Where, ExceptLogged = Feed }) { Key = key };

    private static IEnumerable<ProfileSource> Chunks(ProfileSource source) => source.Columns.Chunk(Together).Select(c => source with { Columns = c });

    private async Task<Totals> TotalsAsync(IEngineSession session, IProfiles profiles, ProfileSource source, CancellationToken token)
    {
        const int fields = 4;
        var rows = 0L;
        var found = new Dictionary<string, Total>(StringComparer.Ordinal);
        foreach (var chunk in Chunks(source))
        {
            var sql = new ProfileStatements(session.Dialect, profiles).Totals(chunk, [.. chunk.Columns.Select(profiles.FormOf)], estimate: true);
            foreach (var (count, totals) in await AskAsync(session, sql, r => (Whole(r, 0), chunk.Columns.Select((_, i) => new Total(Whole(r, (fields * i) + 1), Text(r, (fields * i) + 2), Text(r, (fields * i) + 3), r.IsDBNull((fields * i) + 4) ? null : Whole(r, (fields * i) + 4))).ToList()), token).ConfigureAwait(false))
            {
                rows = count;
                for (var i = 0; i < totals.Count; i++) found[chunk.Columns[i].Name] = totals[i];
            }
        }
        return new Totals(rows, found);
    }

    private async Task<Dictionary<string, ColumnProfile>> ValuesAsync(IEngineSession session, IProfiles profiles, ProfileSource source, Totals totals, double part, CancellationToken token)
    {
        var found = new Dictionary<string, ColumnProfile>(StringComparer.Ordinal);
        foreach (var chunk in Chunks(source))
        {
            var forms = chunk.Columns.Select(profiles.FormOf).ToList();
            var sample = part < 1 ? profiles.InSample(chunk.Table, chunk.Key) : null;
            var sql = new ProfileStatements(session.Dialect, profiles).Values(chunk, forms, sample);
            // What is run before a statement has no parameter of that name.
            if (sample is not null) sql = sql with { Parameters = [.. sql.Parameters, new SqlParameter("sample", (long)Math.Ceiling(IProfiles.Buckets * part))] };
            var points = await AskAsync(session, sql, r => new Point((int)Whole(r, 0), Whole(r, 1), Whole(r, 2), Whole(r, 3), Whole(r, 4), Whole(r, 5), Whole(r, 6), Text(r, 7), r.IsDBNull(8) ? null : Convert.ToDouble(r.GetValue(8), CultureInfo.InvariantCulture)), token).ConfigureAwait(false);
            var sampled = points.First(p => p.Column == 0).Values;
            for (var i = 0; i < chunk.Columns.Count; i++)
            {
                var column = chunk.Columns[i];
                found[column.Name] = Profile(column, forms[i], totals.Rows, totals.Columns[column.Name], [.. points.Where(p => p.Column == i + 1)], sample is null ? null : sampled);
            }
        }
        return found;
    }

    private static ColumnProfile Profile(Column column, ProfileForm form, long rows, Total total, List<Point> points, long? sampled)
    {
        var (values, different, once) = points.Count > 0 ? (points[0].Values, points[0].Different, points[0].Once) : (0, 0, 0);
        var top = points.Where(p => p.Place <= ProfileStatements.Top || ProfileStatements.Frequent * p.Rows >= p.Values).OrderBy(p => p.Place).ToList();
        return new ColumnProfile
        {
            Column = column.Name,
            Type = column.Type,
            Kind = form.Kind,
            Rows = rows,
            Nulls = rows - total.Values,
            Distinct = sampled is null ? different : total.Different ?? Estimate(total.Values, values, different, once),
            DistinctIsEstimate = sampled is not null,
            Min = Shorten(total.Min, form.Kind, hashed: false),
            Max = Shorten(total.Max, form.Kind, hashed: false),
            Quantiles = form.Kind == ProfileKind.Category ? [] : [.. points.OrderBy(p => p.Before).Select(p => new Quantile((double)p.Before / p.Values, (double)(p.Before + p.Rows) / p.Values, p.Text ?? "", Finite(p.Number)))],
            Top = [.. top.Select(p => new ValueCount(Shorten(p.Text, form.Kind, hashed: true) ?? "", p.Rows, (double)p.Rows / p.Values))],
            TopIsAll = top.Count == different,
            SampledRows = sampled,
            Note = form.Note,
        };
    }

    /// <summary>
    /// How many different values all rows have, by those of the sample that occur once: n·d ÷ (n − f₁ + f₁·n ÷ N), the estimator that Haas and Stokes call Duj1 ("Estimating the number of classes in a finite
    /// population", 1998) and PostgreSQL's ANALYZE uses.
    /// </summary>
    private static long Estimate(long all, long sampled, long different, long once)
    {
        if (sampled == 0 || all <= sampled) return different;
        var estimate = (double)sampled * different / (sampled - once + ((double)once * sampled / all));
        return (long)Math.Round(Math.Clamp(estimate, different, all));
    }

    /// <summary>A long text came as its beginning, and a hash of it all where it has to be told apart.</summary>
    private static string? Shorten(string? text, ProfileKind kind, bool hashed)
    {
        const int ofHash = 6;
        if (text is null || kind != ProfileKind.Category) return text;
        var letters = 0;
        var end = 0;
        // The database counts characters, of which one may be two here.
        for (; end < text.Length && letters < ColumnProfile.LongestText; letters++) end += char.IsHighSurrogate(text[end]) && end + 1 < text.Length ? 2 : 1;
        if (end >= text.Length) return text;
        return text[..end] + "…" + (hashed && text.Length - end > ofHash ? text[end..(end + ofHash)] : "");
    }

    private static double Finite(double? number) => number switch
    {
        null or double.NaN or double.PositiveInfinity => double.MaxValue,
        double.NegativeInfinity => double.MinValue,
        _ => number.Value,
    };

    private async Task<IReadOnlyList<T>> AskAsync<T>(IEngineSession session, Sql sql, Func<DbDataReader, T> map, CancellationToken token)
    {
        lock (asked) asked.AddRange(sql.All);
        return await session.QueryAsync(sql, map, token).ConfigureAwait(false);
    }

    private static long Whole(DbDataReader row, int field) => Convert.ToInt64(row.GetValue(field), CultureInfo.InvariantCulture);

    private static string? Text(DbDataReader row, int field) => row.IsDBNull(field) ? null : Convert.ToString(row.GetValue(field), CultureInfo.InvariantCulture);

    private sealed record Totals(long Rows, Dictionary<string, Total> Columns);

    private sealed record Total(long Values, string? Min, string? Max, long? Different);

    private sealed record Point(int Column, long Values, long Different, long Once, long Before, long Rows, long Place, string? Text, double? Number);
}
