using EtlTableOps.Checks;
using EtlTableOps.Engines;
using EtlTableOps.Observability;

namespace EtlTableOps.Reports;

/// <summary>The part of a page about the columns' distributions: what drifts most stands first.</summary>
internal static class HtmlDistributions
{
    public static Html Of(IReadOnlyList<ColumnDrift> distributions)
    {
        if (distributions.Count == 0) return Html.None;
        var sampled = distributions.SelectMany(d => new[] { d.Live, d.Shadow }).OfType<ColumnProfile>().FirstOrDefault(p => p.SampledRows is not null);
        var against = distributions.Select(d => d.Against).FirstOrDefault(a => a is not null);
        var intro = Html.Write($"""
            <p>Drift is the population stability index between {against ?? "the live table"} and the shadow: 0 for equal, from {ReportText.Index(DriftMeasure.Watch)} on worth a look, from {ReportText.Index(DriftMeasure.Alarm)} on another distribution.{(sampled is null ? "" : $" Quantiles, frequent and different values come from a sample of {Human.Count(sampled.SampledRows!.Value)} rows; nulls, the smallest and the greatest value from all.")}</p>
            <p class="legend"><span><svg class="key live" viewBox="0 0 24 12" aria-hidden="true"><path d="M1 6h22"/></svg>{against ?? "live table"} (dashed line, hollow bar)</span> <span><svg class="key new" viewBox="0 0 24 12" aria-hidden="true"><rect width="24" height="12"/></svg>shadow (filled)</span></p>
            """);
        var cards = distributions.OrderByDescending(d => d.Level).ThenByDescending(d => Math.Round(d.Drift ?? 0, 3)).Select(Card);
        return HtmlReport.Section("distributions", "Distributions", [intro, Html.Write($"<div class=\"grid\">{cards}</div>")]);
    }

    private static Html Card(ColumnDrift drift)
    {
        var (live, shadow) = (drift.Live, drift.Shadow);
        var kind = drift.Level switch { DriftLevel.Alarm => "bad", DriftLevel.Watch => "warn", _ => "good" };
        var verdict = drift.Drift is { } index
            ? Html.Write($"<span class=\"badge {kind}\">{HtmlReport.Glyph(kind)}{ReportText.Level(drift.Level)} {ReportText.Index(index)}</span>")
            : Html.Write($"<span class=\"badge\">{(live is null ? "added" : "dropped")}</span>");
        var type = live?.Type == shadow?.Type || live is null || shadow is null ? (live ?? shadow)!.Type : $"{live.Type} → {shadow.Type}";
        var note = live?.Note ?? shadow?.Note;
        return Html.Write($"""
            <article class="card column"><h3><span>{drift.Column}</span> <code>{type}</code> {verdict}</h3>
            {DistributionPicture.Of(drift)}
            <table class="figures"><caption class="unseen">Figures of {drift.Column}</caption><thead><tr><td></td>{(live is null ? Html.None : Html.Write($"<th scope=\"col\">live</th>"))}{(shadow is null ? Html.None : Html.Write($"<th scope=\"col\">shadow</th>"))}</tr></thead><tbody>
            {Line("rows", drift, p => Html.Write($"{Human.Count(p.Rows)}"))}{Line("nulls", drift, p => Html.Write($"{ReportText.Percent(p.NullFraction)}"))}{Line("different", drift, p => Html.Write($"{(p.Distinct is { } n ? (p.DistinctIsEstimate ? "≈ " : "") + Human.Count(n) : "—")}"))}{Line("smallest", drift, p => End(p.Min))}{Line("median", drift, p => End(p.Quantiles.FirstOrDefault(q => q.Part >= 0.5)?.Value), p => p.Kind != ProfileKind.Category)}{Line("greatest", drift, p => End(p.Max))}
            </tbody></table>{(note is null ? Html.None : Html.Write($"<p class=\"small\">Note: {note}.</p>"))}</article>
            """);
    }

    private static Html Line(string name, ColumnDrift drift, Func<ColumnProfile, Html> of, Func<ColumnProfile, bool>? where = null)
    {
        var profiles = new[] { drift.Live, drift.Shadow }.OfType<ColumnProfile>().ToList();
        if (where is not null && !profiles.TrueForAll(p => where(p))) return Html.None;
        var cells = profiles.Select(of).ToList();
        var differs = cells.Count == 2 && cells[0] != cells[1];
        return Html.Write($"<tr{new Html(differs ? " class=\"differs\"" : "")}><th scope=\"row\">{name}</th>{cells.Select(c => Html.Write($"<td>{c}</td>"))}</tr>\n");
    }

    private static Html End(string? value) => value is null ? Html.Write($"—") : Html.Value(value.Length > 40 ? value[..(char.IsHighSurrogate(value[39]) ? 39 : 40)] + "…" : value);
}
