using EtlTableOps.Checks.Custom;
using EtlTableOps.Errors;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace EtlTableOps.Files;

/// <summary>
/// Reads files of checks, which are YAML. Every value stays the text that stands there: a country code <c>NO</c> is no truth value, and <c>010</c> no eight.
/// </summary>
public static class CheckFileReader
{
    /// <summary>A file of checks is written by people; a longer one is something else.</summary>
    private const long LongestFile = 16 * 1024 * 1024;

    /// <summary>Deeper than any file of checks, and far from where a thread's stack ends.</summary>
    private const int Deepest = 60;

    /// <summary>Nodes at most once all aliases are followed: a few lines can stand for billions.</summary>
    private const int Most = 500_000;

    /// <summary>Reads files. Where several are called alike, as <c>schema.yml</c> often is, they are told apart by the directories before it.</summary>
    /// <exception cref="EtlException"><see cref="ErrorCode.BadInput"/> with file, line and column.</exception>
    public static IReadOnlyList<CheckFile> Read(IReadOnlyList<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        var whole = paths.Select(p => Path.GetFullPath(p).Replace('\\', '/').TrimStart('/').Split('/')).ToList();
        var parts = whole.ConvertAll(_ => 1);
        while (whole.Select((w, i) => (Index: i, Name: Ending(i))).GroupBy(n => n.Name, StringComparer.Ordinal).Where(g => g.Select(n => string.Join('/', whole[n.Index])).Distinct().Count() > 1).SelectMany(g => g).ToList() is { Count: > 0 } alike)
        {
            foreach (var (index, _) in alike) parts[index]++;
        }
        return [.. paths.Select((p, i) => ReadAs(p, Ending(i), alone: paths.Count == 1))];

        string Ending(int index) => string.Join('/', whole[index].TakeLast(parts[index]));
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="EtlException"><see cref="ErrorCode.BadInput"/> with file, line and column.</exception>
    public static CheckFile Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return ReadAs(path, Path.GetFileName(path), alone: true);
    }

    private static CheckFile ReadAs(string path, string name, bool alone)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            if (file.CanSeek && file.Length > LongestFile) throw new EtlException(ErrorCode.BadInput, $"The file '{path}' is no file of checks: it has more than {LongestFile >> 20} MB.");
            using var text = new StreamReader(file, new System.Text.UTF8Encoding(false, throwOnInvalidBytes: true));
            return Read(text.ReadToEnd(), name, alone);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new EtlException(ErrorCode.BadInput, e, $"There is no file '{path}'.");
        }
        catch (System.Text.DecoderFallbackException e)
        {
            throw NotUtf8(path, name, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new EtlException(ErrorCode.BadInput, e, $"The file '{path}' cannot be opened: {e.Message}");
        }
    }

    private static EtlException NotUtf8(string path, string name, Exception e)
    {
        ReadOnlySpan<byte> rest = File.ReadAllBytes(path);
        var (line, column) = (1, 1);
        while (System.Text.Rune.DecodeFromUtf8(rest, out var rune, out var length) == System.Buffers.OperationStatus.Done)
        {
            (line, column) = rune.Value == '\n' ? (line + 1, 1) : (line, column + 1);
            rest = rest[length..];
        }
        return new CheckPlace(name, line, column).Error("The file is not in UTF-8: what stands here is no letter.", e);
    }

    /// <summary>Reads a file's text.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <exception cref="EtlException"><see cref="ErrorCode.BadInput"/> with file, line and column.</exception>
    public static CheckFile Read(string text, string name) => Read(text, name, alone: true);

    private static CheckFile Read(string text, string name, bool alone)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(name);
        // One of many may well be nothing but remarks.
        return !alone && IsBlank(text) ? new CheckFile(name, []) : CheckFile.Read(name, new Tree(name).Read(text), alone);
    }

    private static bool IsBlank(string text)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (line.TrimStart() is { IsEmpty: false } said && said[0] != '#') return false;
        }
        return true;
    }

    private static readonly System.Buffers.SearchValues<char> Controls = System.Buffers.SearchValues.Create([.. Enumerable.Range(0, 32).Select(c => (char)c).Except(['\t', '\n', '\r']), '\u007F']);

    /// <summary>Builds the tree from the parser's events, each with its place.</summary>
    private sealed class Tree(string name)
    {
        private readonly Dictionary<string, (CheckNode Node, int Size)> anchors = new(StringComparer.Ordinal);
        private int nodes;

        public CheckNode Read(string text)
        {
            RefuseControls(text);
            try
            {
                var parser = new Parser(new StringReader(text));
                parser.Consume<StreamStart>();
                if (parser.Accept<StreamEnd>(out _)) throw new CheckPlace(name, 1, 1).Error("The file is empty.");
                parser.Consume<DocumentStart>();
                var root = Node(parser, 0);
                parser.Consume<DocumentEnd>();
                if (parser.TryConsume<DocumentStart>(out var second)) throw Place(second.Start).Error("A second document begins here (---); a file of checks is one.");
                return root is CheckScalar { Text: null } ? throw root.Place.Error("The file is empty.") : root;
            }
            catch (YamlException e)
            {
                throw (FirstTab(text, e) ?? Place(e.Start)).Error($"This is no YAML: {Said(e)}", e);
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException or FormatException or IndexOutOfRangeException or OverflowException)
            {
                // The parser's own slips over what nobody would write.
                throw new CheckPlace(name, 1, 1).Error($"This is no YAML: {e.Message}", e);
            }
        }

        /// <summary>YAML has none, and to the parser a zero is the end, so that all that comes after it would go unheard.</summary>
        private void RefuseControls(string text)
        {
            var at = text.AsSpan().IndexOfAny(Controls);
            if (at < 0) return;
            var before = text.AsSpan(0, at);
            throw new CheckPlace(name, before.Count('\n') + 1, at - before.LastIndexOf('\n')).Error(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"A control character (U+{(int)text[at]:X4}) stands here, which YAML does not have."));
        }

        private CheckNode Node(IParser parser, int depth)
        {
            if (parser.TryConsume<AnchorAlias>(out var alias))
            {
                if (!anchors.TryGetValue(alias.Value.Value, out var known)) throw Place(alias.Start).Error($"There is no anchor '{alias.Value.Value}' before this alias.");
                Count(known.Size, alias.Start);
                return known.Node;
            }
            var node = parser.Consume<NodeEvent>();
            var before = nodes;
            Count(1, node.Start);
            // A tag of somebody's own (!include, !env) stands for what only its maker puts in its place.
            if (!node.Tag.IsEmpty && !node.Tag.IsNonSpecific && !node.Tag.Value.StartsWith("tag:yaml.org,2002:", StringComparison.Ordinal)) throw Place(node.Start).Error($"The tag {node.Tag.Value} has no meaning here.");
            if (depth > Deepest) throw Place(node.Start).Error($"This is nested more than {Deepest} levels deep.");
            CheckNode read = node switch
            {
                Scalar scalar => new CheckScalar(Place(scalar.Start), IsNull(scalar) ? null : scalar.Value),
                SequenceStart => new CheckList(Place(node.Start), Items(parser, depth)),
                _ => Map(Place(node.Start), Entries(parser, depth)),
            };
            if (!node.Anchor.IsEmpty) anchors[node.Anchor.Value] = (read, nodes - before);
            return read;
        }

        /// <summary>A single pair in a list (<c>[a: b]</c>) has no place of its own in the parser's eyes; it begins with its name.</summary>
        private static CheckMap Map(CheckPlace place, List<(CheckScalar Key, CheckNode Value)> entries) =>
            new(place is { Line: 1, Column: 1 } && entries.Count > 0 ? entries[0].Key.Place : place, entries);

        private List<CheckNode> Items(IParser parser, int depth)
        {
            var items = new List<CheckNode>();
            while (!parser.TryConsume<SequenceEnd>(out _)) items.Add(Node(parser, depth + 1));
            return items;
        }

        private List<(CheckScalar Key, CheckNode Value)> Entries(IParser parser, int depth)
        {
            var entries = new List<(CheckScalar Key, CheckNode Value)>();
            var names = new HashSet<string>(StringComparer.Ordinal);
            var merged = new List<CheckMap>();
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                var key = Node(parser, depth + 1);
                if (key is not CheckScalar { Text: { } text } scalar) throw key.Place.Error("A name is expected here.");
                var value = Node(parser, depth + 1);
                if (text == "<<") merged.AddRange(Merged(value));
                else if (!names.Add(text)) throw key.Place.Error($"'{text}' stands here a second time; the first one would go unheard.");
                else entries.Add((scalar, value));
            }
            // What stands in the map itself goes before what it takes over.
            entries.AddRange(merged.SelectMany(m => m.Entries).Where(e => names.Add(e.Key.Text!)));
            return entries;
        }

        private static IEnumerable<CheckMap> Merged(CheckNode value) => value switch
        {
            CheckMap map => [map],
            CheckList list when list.Items.All(i => i is CheckMap) => list.Items.Cast<CheckMap>(),
            _ => throw value.Place.Error("'<<' takes over names and values, or a list of such."),
        };

        private void Count(int more, Mark at)
        {
            nodes += more;
            if (nodes > Most) throw Place(at).Error($"The file stands for more than {Most} values once its aliases are followed.");
        }

        private static bool IsNull(Scalar scalar) => scalar is { Style: ScalarStyle.Plain, Value: "" or "~" or "null" or "Null" or "NULL" };

        private CheckPlace Place(Mark mark) => new(name, (int)Math.Max(1, mark.Line), (int)Math.Max(1, mark.Column));

        /// <summary>Of a tab the parser tells the place of what it belongs to, which may be lines before.</summary>
        private CheckPlace? FirstTab(string text, YamlException e)
        {
            if (!e.Message.Contains("tab", StringComparison.Ordinal)) return null;
            var number = 0;
            foreach (var line in text.AsSpan().EnumerateLines())
            {
                number++;
                var blanks = line.Length - line.TrimStart(' ').Length;
                if (blanks < line.Length && line[blanks] == '\t') return new CheckPlace(name, number, blanks + 1);
            }
            return null;
        }

        /// <summary>The parser's words without its own account of the place.</summary>
        private static string Said(YamlException e)
        {
            var said = e.InnerException is YamlException inner ? inner.Message : e.Message;
            var end = said.IndexOf("): ", StringComparison.Ordinal);
            said = said.StartsWith('(') && end > 0 ? said[(end + 3)..] : said;
            return said.Contains("tab", StringComparison.OrdinalIgnoreCase) || said.Contains("cannot start any token", StringComparison.Ordinal) ? $"{said.TrimEnd('.')} (lines are indented by blanks, never by tabs)." : said;
        }
    }
}
