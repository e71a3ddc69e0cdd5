using System.Globalization;
using System.Text;
using System.Xml;
using EtlTableOps.Checks;
using EtlTableOps.Observability;

namespace EtlTableOps.Reports;

/// <summary>
/// Checks as tests: a suite for the table, a case for each check. After the schema that Jenkins publishes for its JUnit plugin (junit-10.xsd), within which PublishTestResults@2 of Azure DevOps and the
/// reporters on GitHub read.
/// </summary>
internal static class JUnitReport
{
    public static string Render(Report report)
    {
        var cases = Cases(report).ToList();
        using var text = new Utf8Text();
        using (var xml = XmlWriter.Create(text, new XmlWriterSettings { Indent = true, CloseOutput = false }))
        {
            xml.WriteStartElement("testsuites");
            Attributes(xml, [("name", Report.Tool), .. Counts(cases), ("time", Seconds(report.Elapsed))]);
            xml.WriteStartElement("testsuite");
            Attributes(xml, [("name", report.Subject), .. Counts(cases), ("skipped", "0"), ("time", Seconds(report.Elapsed)),
                ("timestamp", report.At.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture)), ("hostname", report.Host)]);
            xml.WriteStartElement("properties");
            foreach (var (name, value) in report.Facts)
            {
                xml.WriteStartElement("property");
                Attributes(xml, ("name", name), ("value", value));
                xml.WriteEndElement();
            }
            xml.WriteEndElement();
            foreach (var one in cases) Write(xml, one);
            xml.WriteElementString("system-out", Clean(report.Verdict));
            xml.WriteEndElement();
            xml.WriteEndElement();
        }
        return text.ToString() + "\n";
    }

    private static IEnumerable<Case> Cases(Report report)
    {
        if (report.Test is { } test)
        {
            var names = new Dictionary<string, int>(StringComparer.Ordinal);
            foreach (var check in test.Checks)
            {
                var name = ReportText.Name(check);
                names[name] = names.GetValueOrDefault(name) + 1;
                // A reader knows a test by its name.
                if (names[name] > 1) name = string.Create(CultureInfo.InvariantCulture, $"{name} #{names[name]}");
                var details = Details(check, check.Name == "content" ? report.Differences : null);
                yield return new Case(name, $"{test.Table}.{(check.Custom ? "custom" : "contract")}", check.Elapsed, check.Passed ? null : check.Message, check.Passed && !check.Warned ? null : details);
            }
            foreach (var drift in test.Distributions.Where(d => d.Drift is not null))
            {
                var name = $"drift ({drift.Column})";
                yield return new Case(name, $"{test.Table}.distribution", TimeSpan.Zero, null, drift.Level == DriftLevel.None ? null : ReportText.Of(drift));
            }
        }
        else
        {
            yield return new Case("rows", report.Differences!.Actual, report.Elapsed, report.Passed ? null : report.Verdict, report.Passed ? null : string.Join('\n', ReportText.Rows(report.Differences, 100)));
        }
    }

    private static string Details(ShadowCheck check, TableDifferences? differences)
    {
        var text = new StringBuilder();
        if (check.Warned && check.Passed) text.Append("warning: ").Append(check.Message).Append('\n');
        text.Append("expected: ").Append(check.Expected).Append("\nfound: ").Append(check.Found);
        if (check.DefinedAt is not null) text.Append("\ndefined at: ").Append(check.DefinedAt);
        if (differences is not null) text.Append('\n').AppendJoin('\n', ReportText.Rows(differences, 100));
        return text.ToString();
    }

    private static void Write(XmlWriter xml, Case one)
    {
        xml.WriteStartElement("testcase");
        Attributes(xml, ("name", one.Name), ("classname", one.Class), ("time", Seconds(one.Elapsed)));
        if (one.Failure is not null)
        {
            xml.WriteStartElement("failure");
            Attributes(xml, ("message", one.Failure), ("type", "check"));
            xml.WriteString(Clean(one.Details ?? ""));
            xml.WriteEndElement();
        }
        else if (one.Details is not null)
        {
            xml.WriteElementString("system-out", Clean(one.Details));
        }
        xml.WriteEndElement();
    }

    private static (string, string)[] Counts(List<Case> cases) =>
        [("tests", cases.Count.ToString(CultureInfo.InvariantCulture)), ("failures", cases.Count(c => c.Failure is not null).ToString(CultureInfo.InvariantCulture)), ("errors", "0")];

    private static void Attributes(XmlWriter xml, params (string Name, string Value)[] attributes)
    {
        foreach (var (name, value) in attributes) xml.WriteAttributeString(name, Clean(value));
    }

    /// <summary>Without what XML 1.0 has no way to write: most control characters, halves of pairs.</summary>
    private static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (XmlConvert.IsXmlChar(text[i])) clean.Append(text[i]);
            else if (i + 1 < text.Length && XmlConvert.IsXmlSurrogatePair(text[i + 1], text[i])) clean.Append(text[i]).Append(text[++i]);
            else clean.Append(text[i] < ' ' ? (char)('\u2400' + text[i]) : '\uFFFD');
        }
        return clean.ToString();
    }

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);

    private sealed record Case(string Name, string Class, TimeSpan Elapsed, string? Failure, string? Details);

    /// <summary>The declaration says UTF-8, as the file is.</summary>
    private sealed class Utf8Text : StringWriter
    {
        public Utf8Text()
            : base(CultureInfo.InvariantCulture)
        {
        }

        public override Encoding Encoding => Encoding.UTF8;
    }
}
