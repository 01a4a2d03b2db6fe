internal import Drills
