using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace EtlTableOps.Reports;

/// <summary>Markup that is whole. Made by <see cref="Write"/> from parts that escape themselves: a hole takes markup or a number as it is, and any text as text.</summary>
/// <param name="Markup">The markup.</param>
internal readonly record struct Html(string Markup)
{
    public static Html None => new("");

    /// <summary>Writes markup; a text in a hole can mean nothing but itself, in an element or in an attribute with quotes.</summary>
    public static Html Write(ref HtmlHandler markup) => new(markup.ToMarkup());

    public static Html Join(IEnumerable<Html> parts) => new(string.Concat(parts.Select(p => p.Markup)));

    /// <summary>A value of the data: null and nothing are told apart, and what nobody sees is written out.</summary>
    public static Html Value(string? value) => value switch
    {
        null => Write($"<em class=\"null\">NULL</em>"),
        "" => Write($"<em class=\"null\">empty</em>"),
        _ => Write($"<bdi class=\"v\">{Visible(value, 0, value.Length)}</bdi>"),
    };

    /// <summary>A part of a value. What has no picture of its own, or looks like something else, stands as its code point.</summary>
    public static Html Visible(string value, int start, int length)
    {
        var text = new StringBuilder();
        for (var i = start; i < start + length;)
        {
            var good = Rune.TryGetRuneAt(value, i, out var rune);
            var size = good ? rune.Utf16SequenceLength : 1;
            if (!good || ReportText.IsUnseen(rune)) text.Append(Write($"<code class=\"cp\">{Name(good ? rune.Value : value[i])}</code>").Markup);
            else text.Append(Write($"{value.Substring(i, size)}").Markup);
            i += size;
        }
        return new Html(text.ToString());
    }

    private static string Name(int point) => point switch
    {
        '\n' => "⏎",
        '\t' => "⇥",
        _ => "U+" + point.ToString("X4", CultureInfo.InvariantCulture),
    };
}

/// <summary>Collects markup; used by the compiler for <see cref="Html.Write"/>.</summary>
[InterpolatedStringHandler]
internal ref struct HtmlHandler
{
    private readonly StringBuilder text;

    public HtmlHandler(int literalLength, int formattedCount) => text = new StringBuilder(literalLength + (formattedCount * 16));

    public readonly void AppendLiteral(string value) => text.Append(value);

    public readonly void AppendFormatted(Html value) => text.Append(value.Markup);

    public readonly void AppendFormatted(IEnumerable<Html> values)
    {
        foreach (var value in values) text.Append(value.Markup);
    }

    public readonly void AppendFormatted(long value) => text.Append(value.ToString(CultureInfo.InvariantCulture));

    /// <summary>A measure in a picture.</summary>
    public readonly void AppendFormatted(double value) => text.Append(value.ToString("0.##", CultureInfo.InvariantCulture));

    public readonly void AppendFormatted(string? value)
    {
        if (value is null) return;
        for (var i = 0; i < value.Length; i++)
        {
            var letter = value[i];
            switch (letter)
            {
                case '&':
                    text.Append("&amp;");
                    break;
                case '<':
                    text.Append("&lt;");
                    break;
                case '>':
                    text.Append("&gt;");
                    break;
                case '"':
                    text.Append("&quot;");
                    break;
                case '\'':
                    text.Append("&#39;");
                    break;
                case < ' ' when letter is not ('\n' or '\t'):
                    text.Append((char)('\u2400' + letter));
                    break;
                case var turning when ReportText.Turns(turning):
                    text.Append(ReportText.Written(letter));
                    break;
                default:
                    if (char.IsHighSurrogate(letter) && i + 1 < value.Length && char.IsLowSurrogate(value[i + 1])) text.Append(letter).Append(value[++i]);
                    else text.Append(char.IsSurrogate(letter) ? '\uFFFD' : letter);
                    break;
            }
        }
    }

    internal readonly string ToMarkup() => text.ToString();
}
